"""The account and region of the request being served, and how to keep them in work that outlives it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from local.hooks import internals

_P = ParamSpec("_P")
_T = TypeVar("_T")
_responses = internals.module("core.responses")


def account() -> str:
    """The account id of the current request."""
    return str(_responses.get_account_id())


def region() -> str:
    """The region of the current request."""
    return str(_responses.get_region())


@contextlib.contextmanager
def acting_in(owner: str, place: str) -> Iterator[None]:
    """Act in this account and region for the time of the block, in work that no request asked for."""
    with _responses.request_scope(owner, place):
        yield


def in_request_scope(fn: Callable[_P, _T]) -> Callable[_P, _T]:
    """`fn`, to be run later and in any thread, with the account and region of the request that asks for it now.

    MiniStack keeps every store per account and region, so a thread without them would read the wrong one.
    """
    owner, place = account(), region()

    @functools.wraps(fn)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with _responses.request_scope(owner, place):
            return fn(*args, **kwargs)

    return run
