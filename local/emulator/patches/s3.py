"""S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""

import itertools
from functools import partial
from threading import Thread
from typing import Any
from urllib.parse import quote_plus

from moto.s3 import notifications
from moto.s3.models import FakeBucket, S3Backend

from .outage import when_up
from .tools import after_creation

# CloudFormation's name of a list, the API's name of it, and of the target in each.
TARGETS = (
    ("QueueConfigurations", "QueueConfiguration", "Queue", "Queue"),
    ("TopicConfigurations", "TopicConfiguration", "Topic", "Topic"),
    ("LambdaConfigurations", "CloudFunctionConfiguration", "Function", "CloudFunction"),
)


def apply() -> None:
    after_creation(FakeBucket, finish_bucket)
    complete_notifications()
    notify_once_per_upload()
    invoke_functions_later()


def finish_bucket(bucket: FakeBucket, properties: dict[str, Any]) -> None:
    """moto drops versioning, object lock and notifications of a bucket from CloudFormation."""
    if properties.get("ObjectLockEnabled"):
        bucket.object_lock_enabled = True
        bucket.versioning_status = "Enabled"
    if "VersioningConfiguration" in properties:
        bucket.versioning_status = properties["VersioningConfiguration"]["Status"]
    retention = properties.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    if retention:
        bucket.default_lock_mode = retention["Mode"]
        bucket.default_lock_days = int(retention.get("Days", 0))
        bucket.default_lock_years = int(retention.get("Years", 0))
    if "NotificationConfiguration" in properties:
        bucket.set_notification_configuration(notification_configuration(properties["NotificationConfiguration"]))


def notification_configuration(properties: dict[str, Any]) -> dict[str, Any]:
    configuration: dict[str, Any] = {}
    for list_name, api_list_name, target, api_target in TARGETS:
        entries = [
            {"Id": None, "Event": [entry["Event"]], api_target: entry[target], "Filter": key_filter(entry)}
            for entry in properties.get(list_name, [])
        ]
        if entries:
            configuration[api_list_name] = entries
    if "EventBridgeConfiguration" in properties:
        configuration["EventBridgeConfiguration"] = {}
    return configuration


def key_filter(entry: dict[str, Any]) -> dict[str, Any] | None:
    if "Filter" not in entry:
        return None
    rules = entry["Filter"]["S3Key"]["Rules"]
    return {"S3Key": {"FilterRule": [{"Name": rule["Name"].lower(), "Value": rule["Value"]} for rule in rules]}}


def complete_notifications() -> None:
    """moto leaves versionId and sequencer out, writes `/` in keys as %2F, and looks for the queue in the writer's account, not the bucket's."""
    describe = notifications._get_s3_event
    send = notifications.send_event
    sequence = itertools.count(1)

    def get_s3_event(event_name, bucket, key, notification_id):
        event = describe(event_name, bucket, key, notification_id)
        stored = event["Records"][0]["s3"]["object"]
        stored["key"] = quote_plus(key.name, safe="/")
        stored["sequencer"] = f"{next(sequence):018X}"
        if bucket.is_versioned:
            stored["versionId"] = key.version_id
        return event

    def send_event(account_id, event_name, bucket, key):
        when_up("sqs", bucket.region_name, partial(send, bucket.account_id, event_name, bucket, key))

    notifications._get_s3_event = get_s3_event
    notifications.send_event = send_event


def notify_once_per_upload() -> None:
    """moto sends ObjectCreated:Put as well when a multipart upload is completed."""
    put = S3Backend.put_object

    def put_object(backend, *args, **kwargs):
        is_multipart = kwargs.get("multipart") is not None
        return put(backend, *args, **({**kwargs, "disable_notification": True} if is_multipart else kwargs))

    S3Backend.put_object = put_object


def invoke_functions_later() -> None:
    """moto answers the writer only after the notified function has run; the function may well use the bucket itself."""
    invoke = notifications._invoke_awslambda
    notifications._invoke_awslambda = lambda *args: Thread(target=invoke, args=args, daemon=True).start()
