"""moto copies the whole table once for each item of a transaction, to have it back where the transaction fails: fifty items take seconds."""

import copy
import threading
from types import SimpleNamespace
from typing import Any

import moto.dynamodb.models as models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

state = threading.local()


def apply() -> None:
    models.copy = SimpleNamespace(copy=copy.copy, deepcopy=deepcopy)  # type: ignore[assignment]
    transact = DynamoDBBackend.transact_write_items

    def transact_write_items(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        # Other operations put or remove items; an update changes one where it is.
        state.replaces = not any("Update" in item for item in transact_items)
        try:
            transact(backend, transact_items)
        finally:
            state.replaces = False

    DynamoDBBackend.transact_write_items = transact_write_items  # type: ignore[method-assign]


def deepcopy(value: Any, *rest: Any) -> Any:
    if not isinstance(value, Table) or not getattr(state, "replaces", False):
        return copy.deepcopy(value, *rest)
    kept = copy.copy(value)
    kept.items = copy.copy(value.items)
    for key, item in kept.items.items():
        if isinstance(item, dict):
            kept.items[key] = dict(item)
    return kept
