"""The signed request being served. MiniStack forgets it once its signature is checked; policies ask for it later."""

from __future__ import annotations

import contextvars
from typing import Any

from local.hooks import internals

_evaluator = internals.module("core.iam_evaluator")
# The request, and the first action that IAM was asked about for it: the call itself. Others follow from it.
_call: contextvars.ContextVar[tuple[Any, str]] = contextvars.ContextVar("call", default=(None, ""))
_asked: contextvars.ContextVar[str] = contextvars.ContextVar("asked", default="")
_checked: contextvars.ContextVar[Any] = contextvars.ContextVar("checked_request", default=None)


def current() -> Any:
    """MiniStack's SignedRequest, with `headers` (names in lower case), `query_params` and `body`.

    None outside a request, and for one of the account's root.
    """
    return _evaluator._signed_request.get() or _checked.get()


def action() -> str:
    """The IAM action of the current request itself, such as `s3:GetObject`; empty outside one."""
    request, found = _call.get()
    return found if request is not None and request is current() else ""


def is_of_the_service() -> bool:
    """Whether IAM is asked about an action of the service that is called; iam:PassRole, which may follow, is not."""
    called = action().partition(":")[0]
    return bool(called) and called == _asked.get().partition(":")[0]


def _install() -> None:
    original, enforce = _evaluator.authenticate, _evaluator.enforce

    def enforced(access_key_id: str, iam_action: str, *args: Any, **named: Any) -> Any:
        _asked.set(iam_action)
        if not action():
            _call.set((current(), iam_action))
        return enforce(access_key_id, iam_action, *args, **named)

    def authenticate(*args: Any, **named: Any) -> Any:
        _checked.set(current())
        return original(*args, **named)

    _evaluator.authenticate, _evaluator.enforce = authenticate, enforced


_install()
