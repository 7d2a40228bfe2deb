"""What exists: one set of tables per account and region, in memory, for as long as the local cloud runs.

A record is the answer of the resource's Describe operation as a dictionary, so the wire shape is the store's shape.
Records are read and written under the region's lock; a table keeps its order of creation.
"""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

from local import hooks
from local.sagemaker.errors import ApiError

Record = dict[str, Any]


def now() -> dt.datetime:
    """Return the present moment, in UTC."""
    return dt.datetime.now(dt.UTC)


class Table(dict[str, Record]):
    """The records of one kind by name; a missing one raises the service's own error for that kind."""

    def __init__(self, missing: Callable[[str], ApiError]) -> None:
        super().__init__()
        self._missing_error = missing

    def __missing__(self, name: str) -> Record:
        raise self._missing_error(name)


class Region:
    """Everything SageMaker knows in one account and region."""

    def __init__(self, account: str, name: str) -> None:
        self.account = account
        self.name = name
        self.lock = threading.RLock()
        self.tags: dict[str, dict[str, str]] = {}
        self.idempotent: dict[tuple[str, str], str] = {}
        self._tables: dict[str, Table] = {}

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource of this account and region, such as `model/reviews`."""
        return f"arn:aws:sagemaker:{self.name}:{self.account}:{resource}"

    def table(self, kind: str, missing: Callable[[str], ApiError]) -> Table:
        """Return the table of a kind of resource, made at its first use."""
        with self.lock:
            return self._tables.setdefault(kind, Table(missing))

    def tag(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Add tags to a resource."""
        if tags:
            with self.lock:
                self.tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})


_REGIONS: dict[tuple[str, str], Region] = {}
_LOCK = threading.Lock()


def current_region() -> Region:
    """Return the state of the account and region that the current request acts in."""
    account, name = hooks.account(), hooks.region()
    with _LOCK:
        return _REGIONS.setdefault((account, name), Region(account, name))
