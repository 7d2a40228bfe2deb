"""The errors SageMaker answers with: a code, a message and an HTTP status."""

from collections.abc import Collection, Mapping
from typing import Any


class ApiError(Exception):
    """One answer that is not a success, on the wire `{"__type": code, "message": message}`."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def validation(message: str) -> ApiError:
    """Return the error for a request that SageMaker understands and refuses."""
    return ApiError("ValidationException", message)


def unsupported(what: str, instead: str) -> ApiError:
    """Return the error for a request that AWS would accept and the local cloud cannot honour.

    The local cloud never accepts silently what it does not do: what deploys here must behave.
    """
    return validation(f"{what} is not supported by the local cloud. {instead}")


def require_only(where: str, given: Mapping[str, Any], honoured: Collection[str], instead: str = "") -> None:
    """Refuse a structure with a field that would have no effect and is not recorded either."""
    for field, value in given.items():
        if field not in honoured and value not in (None, False, [], {}):
            raise unsupported(f"{where}: {field}", instead or f"It knows {', '.join(sorted(honoured))}.")


def require_value(where: str, given: Mapping[str, Any], field: str, only: str) -> None:
    """Refuse a field with any value but the one that the local cloud carries out, which is also its default."""
    if given.get(field) not in (None, only):
        raise unsupported(f"{where}: {field} {given[field]}", f"Use {only}.")


def not_found(message: str) -> ApiError:
    """Return the error of the operations that name a missing resource with its own code."""
    return ApiError("ResourceNotFound", message)


def in_use(message: str) -> ApiError:
    """Return the error for a name that is taken, or a resource that is busy."""
    return ApiError("ResourceInUse", message)
