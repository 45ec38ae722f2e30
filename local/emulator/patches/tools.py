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
