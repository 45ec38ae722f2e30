"""Helpers for changing moto's classes."""

import functools
from threading import RLock
from typing import Any, Callable


def after_creation(model: type, finish: Callable[[Any, dict[str, Any]], None]) -> None:
    """Calls finish(resource, properties) after CloudFormation has created a resource of this model."""
    create = model.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]

    def create_and_finish(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        resource = create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
        finish(resource, cloudformation_json.get("Properties", {}))
        return resource

    model.create_from_cloudformation_json = classmethod(create_and_finish)  # type: ignore[attr-defined]


def one_at_a_time(lock: RLock, model: type, *methods: str) -> None:
    """Lets only one thread at a time into these methods."""
    for name in methods:
        setattr(model, name, _locked(lock, getattr(model, name)))


def _locked(lock: RLock, method: Callable) -> Callable:
    @functools.wraps(method)
    def locked(*args, **kwargs):
        with lock:
            return method(*args, **kwargs)

    return locked


class Replaceable:
    """What moto asks of a CloudFormation type, for types whose resources may be deleted and made anew on every change.

    Mixed into a class that has `physical_resource_id`; moto finds a type by its being a direct subclass of CloudFormationModel.
    """

    physical_resource_id: str

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return False

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        cls.delete_from_cloudformation_json(original_resource.physical_resource_id, cloudformation_json, account_id, region_name)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    def is_created(self) -> bool:
        return True
