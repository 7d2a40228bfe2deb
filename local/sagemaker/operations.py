"""The operations the local cloud supports, each by name with the request fields it honours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local import faults
from local.sagemaker.children import state_folder
from local.sagemaker.errors import ApiError, unsupported
from local.sagemaker.shapes import check_request, is_operation
from local.sagemaker.state import Region

Record = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One authorised request: what was asked, of which account and region, and with which headers."""

    operation: str
    params: Record
    headers: dict[str, str]
    region: Region

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a request field, or `default` where the caller left it out."""
        value = self.params.get(name)
        return default if value is None else value


Handler = Callable[[Call], Record]


@dataclass(frozen=True)
class _Operation:
    handler: Handler
    fields: frozenset[str]


_OPERATIONS: dict[str, _Operation] = {}


def operation(name: str, *fields: str) -> Callable[[Handler], Handler]:
    """Register a handler for an operation together with every request field that it honours or records."""

    def register(handler: Handler) -> Handler:
        _OPERATIONS[name] = _Operation(handler, frozenset(fields))
        return handler

    return register


def supported() -> frozenset[str]:
    """Return the names of the supported operations."""
    return frozenset(_OPERATIONS)


def fail_on_purpose(operation: str, refused: int = 400) -> None:
    """Raise ApiError where somebody wants the operation to fail; `refused`: status of what is no server fault."""
    fault = faults.take(state_folder(), operation)
    if fault:
        raise ApiError(fault.code, fault.message, 500 if fault.code.startswith("Internal") else refused)


def perform(call: Call) -> Record:
    """Validate a request and carry it out; an operation or field not supported is an error that names it."""
    found = _OPERATIONS.get(call.operation)
    if found is None:
        known = "SageMaker has this operation, the local cloud does not" if is_operation(call.operation) else "unknown"
        raise ApiError("UnknownOperationException", f"{call.operation}: {known}. See docs/local.md.")
    check_request(call.operation, call.params)
    fail_on_purpose(call.operation)
    for name, value in call.params.items():
        if name not in found.fields and value not in (None, False, [], {}):
            raise unsupported(f"{call.operation}: {name}", "Leave it out for the environment `local`.")
    return found.handler(call)
