"""The storage below S3, as whoever has got at it sees it: bytes, metadata and locks change in place, and no version, notification or check tells.

POST /moto-api/storage: {"act": "keep" | "restore" | "alter", "account", "bucket", …}. Only the tamper drill (local/drill/) and tests use it.
"""

import base64
import copy
import json
from datetime import datetime, timezone
from typing import Any

from moto.moto_api._internal import urls
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore, compute_checksum

USER_METADATA = "x-amz-meta-"

# Contents of buckets by name, as they were when they were last kept.
kept: dict[str, dict[str, list[Any]]] = {}


def apply() -> None:
    urls.url_paths["{0}/moto-api/storage$"] = storage


def storage(request, full_url, headers):
    asked = json.loads(request.data)
    bucket = s3_backends[asked["account"]]["aws"].get_bucket(asked["bucket"])
    acts = {"keep": keep, "restore": restore, "alter": alter}
    acts[asked["act"]](bucket, asked)
    return 200, {"Content-Type": "application/json"}, "{}"


def keep(bucket: FakeBucket, _asked: dict[str, Any]) -> None:
    kept[bucket.name] = copy.deepcopy(dict(bucket.keys))


def restore(bucket: FakeBucket, _asked: dict[str, Any]) -> None:
    store = _VersionedKeyStore()
    for name, versions in copy.deepcopy(kept[bucket.name]).items():
        store.setlist(name, versions)
    bucket.keys = store


def alter(bucket: FakeBucket, asked: dict[str, Any]) -> None:
    """What is not named stays: `bytes` (base64), `checksum` (S3's own follows the bytes), `metadata` (of the user), `modified` (ms), `lock` (null)."""
    versions = bucket.keys.getlist(asked["key"], [])
    key = next(version for version in versions if isinstance(version, FakeKey) and version.version_id == asked["version"])
    if "bytes" in asked:
        replace_bytes(key, base64.b64decode(asked["bytes"]), bool(asked.get("checksum")))
    if "metadata" in asked:
        for name in [name for name in key.metadata if name.lower().startswith(USER_METADATA)]:
            del key.metadata[name]
        key.metadata.update({f"{USER_METADATA}{name}": value for name, value in asked["metadata"].items()})
    if "modified" in asked:
        key.last_modified = datetime.fromtimestamp(asked["modified"] / 1000, timezone.utc).replace(tzinfo=None)
    if "lock" in asked:
        key.lock_mode = key.lock_until = None


def replace_bytes(key: FakeKey, content: bytes, checksum: bool) -> None:
    # Computed when first asked for, which may not have been yet.
    etag = key.etag
    key.value = content
    key._etag = None if checksum else etag.strip('"')
    if checksum and key.checksum_value is not None:
        key.checksum_value = compute_checksum(content, key.checksum_algorithm).decode()
