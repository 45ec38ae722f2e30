"""KMS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html"""

import json

from moto.kms.models import Key, kms_backends
from moto.kms.responses import KmsResponse


def apply() -> None:
    Key.create_from_cloudformation_json = classmethod(create_key)
    KmsResponse.kms_backend = property(backend_of_key(KmsResponse.kms_backend.fget))


def create_key(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs) -> Key:
    """moto keeps the key's policy as an object, which breaks DescribeKey, and ignores KeySpec, KeyUsage and MultiRegion."""
    properties = cloudformation_json["Properties"]
    policy = properties.get("KeyPolicy")
    key = kms_backends[account_id][region_name].create_key(
        policy=json.dumps(policy) if isinstance(policy, dict) else policy,
        key_usage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        key_spec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        description=properties.get("Description"),
        tags=properties.get("Tags", []),
        multi_region=bool(properties.get("MultiRegion", False)),
    )
    key.key_rotation_status = properties.get("EnableKeyRotation", False)
    key.enabled = properties.get("Enabled", True)
    return key


def backend_of_key(own_backend):
    """moto looks for a key named by its ARN in the caller's account; AWS looks in the account and region of the ARN."""

    def backend(response: KmsResponse):
        key = response._get_param("KeyId")
        if isinstance(key, str) and key.startswith("arn:"):
            _, _, _, region, account, _ = key.split(":", 5)
            return kms_backends[account][region]
        return own_backend(response)

    return backend
