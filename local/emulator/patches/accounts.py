"""Which account a caller is in."""

import os

from moto.iam import models


def apply() -> None:
    """moto puts callers whose credentials it has not issued into a fixed account; DEFAULT_ACCOUNT in the environment names another one."""
    find = models.get_account_id_from
    fallback = os.environ.get("DEFAULT_ACCOUNT", models.DEFAULT_ACCOUNT_ID)

    def get_account_id_from(access_key: str) -> str:
        account = find(access_key)
        return fallback if account == models.DEFAULT_ACCOUNT_ID else account

    models.get_account_id_from = get_account_id_from
