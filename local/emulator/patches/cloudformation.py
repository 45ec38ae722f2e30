"""CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"""

from typing import Any

from moto.cloudformation.models import CloudFormationBackend
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream

from .tools import after_creation

# AWS begins with four; two are as many as it takes to have several, and every one is polled.
ON_DEMAND_SHARDS = 2


def apply() -> None:
    accept_templates_with_warnings()
    after_creation(Stream, finish_stream)
    after_creation(Table, finish_table)


def accept_templates_with_warnings() -> None:
    """moto refuses templates for which cfn-lint has as much as a warning; the tests run cfn-lint themselves."""
    CloudFormationBackend.validate_template = lambda self, template: []


def finish_stream(stream: Stream, properties: dict[str, Any]) -> None:
    """moto drops the encryption and the capacity mode of a Kinesis stream."""
    encryption = properties.get("StreamEncryption")
    if encryption:
        stream.encryption_type = encryption["EncryptionType"]
        stream.key_id = encryption["KeyId"]
    mode = properties.get("StreamModeDetails")
    if mode:
        stream.stream_mode = mode
        if mode["StreamMode"] == "ON_DEMAND":
            stream.init_shards(ON_DEMAND_SHARDS)


def finish_table(table: Table, properties: dict[str, Any]) -> None:
    """moto drops the time to live and the point-in-time recovery of a DynamoDB table, and misreads its encryption."""
    if "SSESpecification" in properties:
        # CloudFormation and the API have different names for it.
        table.sse_specification["Enabled"] = properties["SSESpecification"]["SSEEnabled"] is True
    backend = dynamodb_backends[table.account_id][table.region_name]
    if "TimeToLiveSpecification" in properties:
        backend.update_time_to_live(table.name, properties["TimeToLiveSpecification"])
    if "PointInTimeRecoverySpecification" in properties:
        backend.update_continuous_backups(table.name, properties["PointInTimeRecoverySpecification"])
