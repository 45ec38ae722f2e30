"""Outages: services of a region answer 503, as while AWS has trouble there, and what other services deliver to them is kept until they are back,
as EventBridge (24 hours), CloudWatch Logs (24 hours) and S3's notifications do.

POST /moto-api/outage {"region", "services": ["s3", "kinesis", …], "on": true}. Only drills and tests use it.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

import json
from collections.abc import Callable
from threading import RLock, Thread
from typing import Any

from moto.moto_api._internal import urls
from moto.moto_server.werkzeug_app import SIGNING_ALIASES, DomainDispatcherApplication
from moto.s3.models import s3_backends

ANSWER = json.dumps({"__type": "ServiceUnavailableException", "message": "Service is unable to handle request."}).encode()
ANSWER_XML = b"<Error><Code>ServiceUnavailable</Code><Message>Reduce your request rate.</Message></Error>"

# (service, region)
out: set[tuple[str, str]] = set()
# What is to be delivered once a service is back, in order.
kept: dict[tuple[str, str], list[Callable[[], None]]] = {}
lock = RLock()


def apply() -> None:
    urls.url_paths["{0}/moto-api/outage$"] = switch
    refuse_requests()


def switch(request, full_url, headers):
    asked = json.loads(request.data)
    for service in asked["services"]:
        place = (service, asked["region"])
        with lock:
            (out.add if asked["on"] else out.discard)(place)
            late = [] if asked["on"] else kept.pop(place, [])
        Thread(target=deliver_all, args=(late,), daemon=True).start()
    return 200, {"Content-Type": "application/json"}, "{}"


def deliver_all(late: list[Callable[[], None]]) -> None:
    for act in late:
        act()


def when_up(service: str, region: str, act: Callable[[], None]) -> None:
    """Does it now, or once the service is back."""
    with lock:
        if (service, region) in out:
            kept.setdefault((service, region), []).append(act)
            return
    act()


def refuse_requests() -> None:
    """A request is of the region that it is signed for; in S3 the bucket's region counts."""
    answer = DomainDispatcherApplication.__call__

    def answer_or_refuse(application, environ, start_response):
        service, region = place_of(environ)
        if (service, region) not in out:
            return answer(application, environ, start_response)
        # Unread, it would be taken for the next request of the connection.
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        kind = "application/xml" if service == "s3" else "application/x-amz-json-1.1"
        start_response("503 Service Unavailable", [("Content-Type", kind), ("Connection", "close")])
        return [ANSWER_XML if service == "s3" else ANSWER]

    DomainDispatcherApplication.__call__ = answer_or_refuse


def place_of(environ: dict[str, Any]) -> tuple[str, str]:
    try:
        _, _, region, service, _ = environ["HTTP_AUTHORIZATION"].split(",")[0].split()[1].split("/")
    except (KeyError, ValueError, IndexError):
        return "", ""
    service = SIGNING_ALIASES.get(service, service)
    return service, (bucket_region(environ) if service == "s3" else None) or region


def bucket_region(environ: dict[str, Any]) -> str | None:
    name = environ.get("PATH_INFO", "").strip("/").split("/")[0]
    if name not in s3_backends.bucket_accounts:
        return None
    partition, account = s3_backends.bucket_accounts[name]
    return s3_backends[account][partition].buckets[name].region_name
