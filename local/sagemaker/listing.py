"""List operations: filters, order and pages are the same for every kind of resource."""

import base64
import datetime as dt
from collections.abc import Iterable
from typing import Any

from local.sagemaker.errors import validation
from local.sagemaker.operations import Call, Record

FIELDS = (
    *("NameContains", "CreationTimeAfter", "CreationTimeBefore", "LastModifiedTimeAfter", "LastModifiedTimeBefore"),
    *("SortBy", "SortOrder", "MaxResults", "NextToken"),
)
_DEFAULT_PAGE = 10
_BOUNDS = {
    **dict.fromkeys(("CreationTimeAfter", "CreatedAfter", "CreationTimeBefore", "CreatedBefore"), "CreationTime"),
    **dict.fromkeys(("LastModifiedTimeAfter", "LastModifiedTimeBefore"), "LastModifiedTime"),
}
# SageMaker's API reference, SortOrder of each operation. That of the pipelines' operations names none.
_ASCENDING = frozenset({"ListModelPackages", "ListModelPackageGroups", "ListTrainingJobs", "ListProcessingJobs"})


def page(call: Call, records: Iterable[Record], member: str, name: str, status: str = "") -> Record:
    """Return one page of the records that the request's filters let through, in the operation's default order.

    `member` is where the answer holds them, `name` and `status` the fields that NameContains, StatusEquals and
    SortBy=Name or Status mean.
    """
    with call.region.lock:
        found = [dict(record) for record in records if _passes(call, record, name, status)]
    field = _sort_field(call.get("SortBy", "CreationTime"), name, status)
    order = call.get("SortOrder", "Ascending" if call.operation in _ASCENDING else "Descending")
    # Records come in their order of creation; sorting is stable, so equal times keep it.
    found.sort(key=lambda record: record[field])
    if order == "Descending":
        found.reverse()
    return cut(call, found, member)


def _sort_field(sort_by: str, name: str, status: str) -> str:
    fields = {"CreationTime": "CreationTime", "Name": name, name: name} | ({"Status": status} if status else {})
    if sort_by not in fields:
        raise validation(f"SortBy {sort_by} is not one of {', '.join(fields)}.")
    return fields[sort_by]


def cut(call: Call, found: list[Record], member: str) -> Record:
    """Return one page of what was found."""
    start = _position(call.get("NextToken"))
    end = start + int(call.get("MaxResults", _DEFAULT_PAGE))
    more = {"NextToken": base64.urlsafe_b64encode(str(end).encode()).decode()} if end < len(found) else {}
    return {member: found[start:end], **more}


def _position(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise validation("The NextToken is not one that this operation returned.") from error


def _passes(call: Call, record: Record, name: str, status: str) -> bool:
    if call.get("NameContains", "").lower() not in str(record[name]).lower():
        return False
    if status and call.get("StatusEquals", record[status]) != record[status]:
        return False
    return all(_within(bound, call.get(bound), record) for bound in _BOUNDS)


def _within(bound: str, limit: Any, record: Record) -> bool:
    if limit is None:
        return True
    after = bound.endswith("After")
    moment = record.get(_BOUNDS[bound]) or record["CreationTime"]
    asked = dt.datetime.fromtimestamp(float(limit), dt.UTC)
    return bool(moment > asked if after else moment < asked)
