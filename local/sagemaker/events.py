"""What SageMaker tells EventBridge: each change of state, once Describe shows it."""

import datetime as dt
from typing import Any

from local import hooks
from local.sagemaker.shapes import answer

Record = dict[str, Any]


def state_changed(subject: str, detail: Record, resources: list[str]) -> None:
    """Emit `SageMaker <subject> Change` (the caller has stored the new state and released the region's lock)."""
    hooks.emit_event("aws.sagemaker", f"SageMaker {subject} Change", _json_times(detail), resources)


def described(operation: str, record: Record) -> Record:
    """Return an event's detail for events that carry the resource's description, times in epoch milliseconds."""
    return answer(operation, _milliseconds(record))


def _milliseconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _milliseconds(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_milliseconds(v) for v in value]
    return int(value.timestamp() * 1000) if isinstance(value, dt.datetime) else value


def _json_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _json_times(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_json_times(v) for v in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
