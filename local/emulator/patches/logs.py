"""CloudWatch Logs subscriptions: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"""

import base64
import gzip
import json
import time
from functools import partial
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.kinesis.models import kinesis_backends
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend, LogStream, logs_backends
from moto.logs.utils import EventMessageFilter
from moto.utilities.arns import parse_arn

from .outage import when_up
from .tools import Replaceable

HEALTH_CHECK = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."


def apply() -> None:
    send_to_streams()
    subscribe_to_destinations()


def send_to_streams() -> None:
    """moto looks for the Kinesis stream in the log group's account, knows no destinations, and sends every event, with numbers as ids."""
    send_as_before = LogStream._send_log_events

    def send_log_events(stream: LogStream, service: str, destination_arn: str, filter_name: str, log_events: list[dict[str, Any]]) -> None:
        target = kinesis_target(destination_arn)
        if target is None:
            send_as_before(stream, service, destination_arn, filter_name, log_events)
            return
        pattern = EventMessageFilter(stream.log_group.subscription_filters[filter_name].filter_pattern)
        wanted = [{**event, "id": f"{event['id']:056d}"} for event in log_events if pattern.matches(event["message"])]
        if wanted:
            batch = {
                "messageType": "DATA_MESSAGE",
                "owner": stream.account_id,
                "logGroup": stream.log_group.name,
                "logStream": stream.log_stream_name,
                "subscriptionFilters": [filter_name],
                "logEvents": wanted,
            }
            put_batch(target, stream.log_stream_name, batch)

    LogStream._send_log_events = send_log_events


def subscribe_to_destinations() -> None:
    """moto takes a destination for a log group, and asks for a Kinesis stream in the log group's account."""
    subscribe_as_before = LogsBackend.put_subscription_filter

    def put_subscription_filter(backend: LogsBackend, log_group_name, filter_name, filter_pattern, destination_arn, role_arn) -> None:
        if destination_arn.split(":")[2] != "kinesis" and not is_destination(destination_arn):
            subscribe_as_before(backend, log_group_name, filter_name, filter_pattern, destination_arn, role_arn)
            return
        target = kinesis_target(destination_arn)
        log_group = backend._find_log_group(log_group_name=log_group_name)
        if target is None:
            raise InvalidParameterException("Could not deliver test message to specified destination. Check if the destination is valid.")
        log_group.put_subscription_filter(filter_name, filter_pattern, destination_arn, role_arn)
        check = {"id": "", "timestamp": int(time.time() * 1000), "message": HEALTH_CHECK}
        batch = {
            "messageType": "CONTROL_MESSAGE",
            "owner": "CloudwatchLogs",
            "logGroup": "",
            "logStream": "",
            "subscriptionFilters": [],
            "logEvents": [check],
        }
        put_batch(target, filter_name, batch)

    LogsBackend.put_subscription_filter = put_subscription_filter


def is_destination(arn: str) -> bool:
    return ":destination:" in arn


def kinesis_target(arn: str):
    """The stream that a subscription's destination stands for; None where it is none or does not exist."""
    parsed = parse_arn(arn)
    if is_destination(arn):
        destination = logs_backends[parsed.account][parsed.region].destinations.get(arn)
        return kinesis_target(destination.target_arn) if destination else None
    if parsed.service != "kinesis":
        return None
    return kinesis_backends[parsed.account][parsed.region].streams.get(parsed.resource_id)


def put_batch(stream, partition_key: str, batch: dict[str, Any]) -> None:
    data = base64.b64encode(gzip.compress(json.dumps(batch, separators=(",", ":")).encode())).decode()
    when_up("kinesis", stream.region, partial(stream.put_record, partition_key=partition_key, explicit_hash_key="", data=data))


class Destination(Replaceable, CloudFormationModel):
    """AWS::Logs::Destination, which moto ignores."""

    def __init__(self, name: str, arn: str):
        self.physical_resource_id = name
        self.arn = arn

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Logs::Destination"

    @staticmethod
    def cloudformation_name_type() -> str:
        return "DestinationName"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = logs_backends[account_id][region_name]
        destination = backend.put_destination(resource_name, properties["RoleArn"], properties["TargetArn"], {})
        policy = properties.get("DestinationPolicy")
        if policy:
            backend.put_destination_policy(resource_name, policy)
        return cls(resource_name, destination.arn)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        logs_backends[account_id][region_name].delete_destination(resource_name)


class SubscriptionFilter(Replaceable, CloudFormationModel):
    """AWS::Logs::SubscriptionFilter, which moto ignores."""

    def __init__(self, name: str):
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Logs::SubscriptionFilter"

    @staticmethod
    def cloudformation_name_type() -> str:
        return "FilterName"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        logs_backends[account_id][region_name].put_subscription_filter(
            properties["LogGroupName"],
            resource_name,
            properties["FilterPattern"],
            properties["DestinationArn"],
            properties.get("RoleArn"),
        )
        return cls(resource_name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        log_group = cloudformation_json["Properties"]["LogGroupName"]
        logs_backends[account_id][region_name].delete_subscription_filter(log_group, resource_name)
