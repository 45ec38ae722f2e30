"""SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"""

import json

from moto.core.common_models import CloudFormationModel
from moto.sns.models import Topic, sns_backends

from .tools import Replaceable


def apply() -> None:
    give_topics_their_arn()


def give_topics_their_arn() -> None:
    """moto knows only the attribute TopicName of AWS::SNS::Topic."""
    get = Topic.get_cfn_attribute
    Topic.has_cfn_attr = classmethod(lambda cls, attr: attr in ("TopicArn", "TopicName"))
    Topic.get_cfn_attribute = lambda self, attr: self.arn if attr == "TopicArn" else get(self, attr)


class Subscription(Replaceable, CloudFormationModel):
    """AWS::SNS::Subscription, which moto ignores."""

    def __init__(self, arn: str):
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SNS::Subscription"

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
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        sns_backends[account_id][region_name].unsubscribe(resource_name)
