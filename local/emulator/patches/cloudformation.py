"""CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"""

import json
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.models import CloudFormationBackend
from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream
from moto.logs.models import logs_backends
from moto.sns.models import Topic, sns_backends

from .tools import after_creation

ON_DEMAND_SHARDS = 4


def apply() -> None:
    accept_templates_with_warnings()
    after_creation(Stream, finish_stream)
    after_creation(Table, finish_table)
    give_topics_their_arn()


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
    """moto drops the time to live and the point-in-time recovery of a DynamoDB table."""
    backend = dynamodb_backends[table.account_id][table.region_name]
    if "TimeToLiveSpecification" in properties:
        backend.update_time_to_live(table.name, properties["TimeToLiveSpecification"])
    if "PointInTimeRecoverySpecification" in properties:
        backend.update_continuous_backups(table.name, properties["PointInTimeRecoverySpecification"])


def give_topics_their_arn() -> None:
    """moto knows only the attribute TopicName of AWS::SNS::Topic."""
    get = Topic.get_cfn_attribute
    Topic.has_cfn_attr = classmethod(lambda cls, attribute: attribute in ("TopicArn", "TopicName"))
    Topic.get_cfn_attribute = lambda self, attribute: self.arn if attribute == "TopicArn" else get(self, attribute)


class AddedModel(CloudFormationModel):
    """A type that moto ignores. Subclassing CloudFormationModel directly is what registers a type, so this one is only mixed in."""


class SnsSubscription(CloudFormationModel):
    """AWS::SNS::Subscription."""

    def __init__(self, arn: str):
        self.arn = arn

    @property
    def physical_resource_id(self) -> str:
        return self.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SNS::Subscription"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return False

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = sns_backends[account_id][region_name]
        arn = backend.subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"]).arn
        # The scope decides how the policy is checked, so it comes first.
        for name in ("FilterPolicyScope", "FilterPolicy", "RedrivePolicy", "DeliveryPolicy"):
            if name in properties:
                value = properties[name]
                backend.set_subscription_attributes(arn, name, value if isinstance(value, str) else json.dumps(value))
        if str(properties.get("RawMessageDelivery", False)).lower() == "true":
            backend.set_subscription_attributes(arn, "RawMessageDelivery", "true")
        return cls(arn)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        cls.delete_from_cloudformation_json(original_resource.arn, cloudformation_json, account_id, region_name)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        sns_backends[account_id][region_name].unsubscribe(resource_name)
