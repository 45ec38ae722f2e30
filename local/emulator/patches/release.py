"""Versions and aliases of functions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html

moto's CloudFormation has versions without a number to refer to, and no aliases; CodeDeploy, which would move an alias, it passes over: here an alias
moves at once, at the end of the update.
"""

from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaAlias, LambdaFunction, LambdaStorage, LambdaVersion
from moto.awslambda.utils import get_backend
from moto.cloudformation.parsing import ResourceMap
from moto.core.common_models import CloudFormationModel

from .tools import after_creation

LATEST = "$LATEST"


def apply() -> None:
    tell_where_code_lies()
    number_versions()
    settle_at_the_end()
    after_creation(EventSourceMapping, keep_alias)


def tell_where_code_lies() -> None:
    """moto makes up an address, and lets a version's code change with the function's."""
    publish = LambdaStorage.publish_version
    get_code = LambdaFunction.get_code

    def publish_version(storage: LambdaStorage, name_or_arn: str, description: str = "") -> LambdaFunction | None:
        version = publish(storage, name_or_arn, description)
        if version is not None:
            version.code = dict(version.code)
        return version

    def code_at_its_place(function: LambdaFunction) -> dict[str, Any]:
        answer = get_code(function)
        if "S3Bucket" in function.code:
            answer["Code"]["Location"] = f"s3://{function.code['S3Bucket']}/{function.code['S3Key']}"
        return answer

    LambdaStorage.publish_version = publish_version
    LambdaFunction.get_code = code_at_its_place


def number_versions() -> None:
    """moto makes new resources before it changes those that are there: published at once, a version would be one of the old code."""

    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        version = cls({"Version": LATEST})
        version.function_name = cloudformation_json["Properties"]["FunctionName"]
        return version

    LambdaVersion.create_from_cloudformation_json = classmethod(create_from_cloudformation_json)
    LambdaVersion.has_cfn_attr = classmethod(lambda cls, attr: attr == "Version")
    LambdaVersion.get_cfn_attribute = lambda version, attr: version.version
    LambdaVersion.physical_resource_id = property(lambda version: f"{version.function_name}:{version.version}")
    # As DeletionPolicy: Retain.
    LambdaVersion.delete = lambda version, account_id, region_name: None


class Alias(CloudFormationModel):
    def __init__(self, alias: LambdaAlias, function_name: str):
        self.alias = alias
        self.function_name = function_name

    @property
    def physical_resource_id(self) -> str:
        return self.alias.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Alias"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "AliasArn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self.alias.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        name = properties["FunctionName"]
        alias = get_backend(account_id, region_name).create_alias(properties["Name"], name, LATEST, "", "")
        return cls(alias, name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        get_backend(account_id, region_name).delete_alias(self.alias.name, self.function_name)

    def is_created(self) -> bool:
        return True


def settle_at_the_end() -> None:
    create = ResourceMap.create
    update = ResourceMap.update

    def create_and_settle(resources: ResourceMap, template: dict[str, Any]) -> bool:
        done = create(resources, template)
        settle(resources)
        return done

    def update_and_settle(resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        update(resources, template, parameters)
        settle(resources)

    ResourceMap.create = create_and_settle
    ResourceMap.update = update_and_settle


def settle(resources: ResourceMap) -> None:
    """Publishes the new versions, then points the aliases to the versions that the template says."""
    backend = get_backend(resources._account_id, resources._region_name)
    made = list(resources._parsed_resources.items())
    for _, version in made:
        if isinstance(version, LambdaVersion) and version.version == LATEST:
            version.version = str(backend.publish_version(version.function_name).version)
    for logical_id, alias in made:
        if isinstance(alias, Alias) and logical_id in resources._resource_json_map:
            wanted = resources._resource_json_map[logical_id]["Properties"]["FunctionVersion"]
            alias.alias.function_version = resources[wanted["Fn::GetAtt"][0]].version


def keep_alias(mapping: EventSourceMapping, properties: dict[str, Any]) -> None:
    """moto keeps the version that the alias has just then."""
    if properties["FunctionName"].startswith("arn:"):
        mapping.function_arn = properties["FunctionName"]
