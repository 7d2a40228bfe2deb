"""The signed request being served. MiniStack forgets it once its signature is checked; policies ask for it later."""

from __future__ import annotations

import contextvars
from typing import Any

from local.hooks import internals

_evaluator = internals.module("core.iam_evaluator")
_checked: contextvars.ContextVar[Any] = contextvars.ContextVar("checked_request", default=None)


def current() -> Any:
    """MiniStack's SignedRequest, with `headers` (names in lower case), `query_params` and `body`.

    None outside a request, and for one of the account's root.
    """
    return _evaluator._signed_request.get() or _checked.get()


def _install() -> None:
    original = _evaluator.authenticate

    def authenticate(*args: Any, **named: Any) -> Any:
        _checked.set(current())
        return original(*args, **named)

    _evaluator.authenticate = authenticate


_install()
