"""Lambda: functions are kept by moto and run by the local Lambda host, which also polls their event sources."""

import json
import os
import urllib.request

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.awslambda.utils import get_backend
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config
from moto.kinesis.models import kinesis_backends
from moto.moto_api._internal import urls
from moto.sqs.models import sqs_backends

LONGEST_INVOCATION_S = 900
KAFKA_BATCH_SIZE = 100

# Lambda hosts by account and region; all other functions run at LAMBDA_HOST.
hosts: dict[tuple[str, str], str] = {}


def apply() -> None:
    default_user_config["lambda"] = {"use_docker": False}
    LambdaSimpleBackend.invoke = invoke_in_host
    urls.url_paths["{0}/moto-api/lambda-hosts$"] = register_host
    accept_kafka_sources()
    leave_polling_to_host()


def register_host(request, full_url, headers):
    """POST /moto-api/lambda-hosts {"account", "region", "url"}: where the functions of an account run in a region."""
    asked = json.loads(request.data)
    hosts[asked["account"], asked["region"]] = asked["url"]
    return 200, {"Content-Type": "application/json"}, "{}"


def invoke_in_host(backend, function_name, qualifier, body, headers, response_headers) -> bytes:
    """Without Docker moto answers every invocation with a constant; here the Lambda host runs the function."""
    name = function_name.split(":function:")[-1].split(":")[0]
    payload = body.encode() if isinstance(body, str) else body
    host = hosts.get((backend.account_id, backend.region_name), os.environ["LAMBDA_HOST"])
    request = urllib.request.Request(f"{host}/invoke/{name}", data=payload or b"{}", method="POST")
    with urllib.request.urlopen(request, timeout=LONGEST_INVOCATION_S) as response:
        # As Lambda: 200 and this header where the function itself failed.
        if response.headers.get("x-amz-function-error"):
            response_headers["x-amz-function-error"] = "Unhandled"
        return response.read()


def accept_kafka_sources() -> None:
    """moto refuses event source mappings for Kafka, and does not find a self-managed one again to delete it."""
    set_arn = EventSourceMapping.event_source_arn.fset
    set_batch_size = EventSourceMapping.batch_size.fset

    def event_source_arn(mapping, arn: str) -> None:
        if is_kafka(arn):
            mapping._event_source_arn = arn
        else:
            set_arn(mapping, arn)

    def batch_size(mapping, size) -> None:
        if is_kafka(mapping.event_source_arn):
            mapping._batch_size = int(size or KAFKA_BATCH_SIZE)
        else:
            set_batch_size(mapping, size)

    EventSourceMapping.event_source_arn = EventSourceMapping.event_source_arn.setter(event_source_arn)
    EventSourceMapping.batch_size = EventSourceMapping.batch_size.setter(batch_size)
    EventSourceMapping.delete_from_cloudformation_json = classmethod(delete_mapping)


def delete_mapping(cls, resource_name: str, cloudformation_json, account_id: str, region_name: str) -> None:
    get_backend(account_id, region_name).delete_event_source_mapping(resource_name)


def is_kafka(arn: str) -> bool:
    return arn.split(":")[2] == "kafka"


def leave_polling_to_host() -> None:
    """moto invokes a function in the very request that sends a message or puts a record, without batches, retries or partial failures."""
    create = LambdaBackend.create_event_source_mapping

    def create_event_source_mapping(backend: LambdaBackend, spec):
        arn = spec.get("EventSourceArn")
        if arn is None and spec.get("SelfManagedEventSource"):
            arn = f"arn:aws:kafka:{backend.region_name}:{backend.account_id}:cluster/self-managed"
        if arn is not None and is_kafka(arn):
            return create_kafka_mapping(backend, {**spec, "EventSourceArn": arn})
        mapping = create(backend, spec)
        for queue in sqs_backends[backend.account_id][backend.region_name].queues.values():
            queue.lambda_event_source_mappings.clear()
        for stream in kinesis_backends[backend.account_id][backend.region_name].streams.values():
            stream.lambda_event_source_mappings.clear()
        return mapping

    LambdaBackend.create_event_source_mapping = create_event_source_mapping


def create_kafka_mapping(backend: LambdaBackend, spec) -> EventSourceMapping:
    function = backend._lambdas.get_function_by_name_or_arn_with_qualifier(spec["FunctionName"])
    identity = {"RegionName": backend.region_name, "AccountId": backend.account_id, "FunctionArn": function.function_arn}
    mapping = EventSourceMapping({**spec, **identity, **as_api_writes_it(spec)})
    backend._event_source_mappings[mapping.uuid] = mapping
    return mapping


def as_api_writes_it(spec) -> dict:
    """CloudFormation has another name for the brokers' list than the API."""
    endpoints = spec.get("SelfManagedEventSource", {}).get("Endpoints", {})
    servers = endpoints.get("KafkaBootstrapServers")
    return {} if servers is None else {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": servers}}}
