"""EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html"""

import base64
import copy
import json
import logging
from functools import partial
from threading import Thread
from typing import Any

from moto.awslambda.utils import get_backend
from moto.core.utils import iso_8601_datetime_without_milliseconds, utcfromtimestamp
from moto.events.models import EventBus, EventTemplateParser, Rule, events_backends
from moto.kinesis.models import kinesis_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.arns import Arn, parse_arn

from .outage import when_up

DEFAULT_RETRIES = 2

log = logging.getLogger("events")


def apply() -> None:
    # CloudFormation's Ref of a bus is its name; moto hands out the object.
    EventBus.physical_resource_id = property(lambda bus: bus.name)
    replace_delivery()


def replace_delivery() -> None:
    """moto's delivery fails for targets it does not know (Lambda, SNS, Kinesis), looks for queues in the rule's account only, leaves
    `account` out, gives an event that goes to another bus a new id, time, region and account, sends every event to scheduled rules too
    and to disabled ones.
    """
    deliver_as_before = Rule.send_to_targets

    def send_to_targets(rule: Rule, original_event: dict[str, Any], transform_input: bool = True) -> None:
        # A rule without a pattern is a schedule.
        if rule.state != "ENABLED" or not rule.event_pattern.get_pattern() or not rule.event_pattern.matches_event(original_event):
            return
        for target in rule.targets:
            arn = parse_arn(target["Arn"])
            if arn.service == "events" and arn.resource_type == "event-bus":
                when_up("events", arn.region, partial(forward, rule, arn, original_event))
            elif arn.service in SENDERS:
                when_up(arn.service, arn.region, partial(deliver, target, arn, message(target, original_event)))
            else:
                alone = copy.copy(rule)
                alone.targets = [target]
                deliver_as_before(alone, original_event, transform_input)

    Rule.send_to_targets = send_to_targets


def forward(rule: Rule, bus: Arn, event: dict[str, Any]) -> None:
    """An event that came from another account is not sent on to a third one: AWS allows one hop between accounts."""
    if event["account"] != rule.account_id and bus.account != rule.account_id:
        return
    target = events_backends[bus.account][bus.region].event_buses.get(bus.resource_id)
    for next_rule in list(target.rules.values()) if target else []:
        next_rule.send_to_targets(copy.deepcopy(event))


def message(target: dict[str, Any], event: dict[str, Any]) -> str:
    if "Input" in target:
        return target["Input"]
    time = event["time"]
    if isinstance(time, (int, float)):
        time = iso_8601_datetime_without_milliseconds(utcfromtimestamp(time))
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        parsed = EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), {**event, "time": time})
        return parsed if isinstance(parsed, str) else json.dumps(parsed)
    return json.dumps({name: value for name, value in {**event, "time": time}.items() if name != "ingestion-time"})


def deliver(target: dict[str, Any], arn: Arn, body: str) -> None:
    """What a target does not take goes to the target's dead-letter queue, if it has one."""

    def attempt() -> None:
        try:
            SENDERS[arn.service](target, arn, body)
        except Exception:
            log.exception("could not deliver to %s", target["Arn"])
            if "DeadLetterConfig" in target:
                queue = target["DeadLetterConfig"]["Arn"]
                send_to_queue({"Arn": queue}, parse_arn(queue), body)

    if arn.service == "lambda":
        # The caller of PutEvents does not wait for functions.
        Thread(target=attempt, daemon=True).start()
    else:
        attempt()


def send_to_queue(target: dict[str, Any], arn: Arn, body: str) -> None:
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    sqs_backends[arn.account][arn.region].send_message(queue_name=arn.resource_id, message_body=body, group_id=group)


def send_to_topic(target: dict[str, Any], arn: Arn, body: str) -> None:
    sns_backends[arn.account][arn.region].publish(message=body, arn=target["Arn"])


def send_to_stream(target: dict[str, Any], arn: Arn, body: str) -> None:
    data = base64.b64encode(body.encode()).decode()
    kinesis_backends[arn.account][arn.region].put_record(target["Arn"], arn.resource_id, "eventbridge", "", data)


def send_to_function(target: dict[str, Any], arn: Arn, body: str) -> None:
    attempts = 1 + target.get("RetryPolicy", {}).get("MaximumRetryAttempts", DEFAULT_RETRIES)
    for _ in range(attempts):
        response_headers: dict[str, str] = {}
        get_backend(arn.account, arn.region).invoke(target["Arn"], None, body, {}, response_headers)
        if "x-amz-function-error" not in response_headers:
            return
    raise RuntimeError(f"the function failed {attempts} times")


SENDERS = {"kinesis": send_to_stream, "lambda": send_to_function, "sns": send_to_topic, "sqs": send_to_queue}
