"""Who of the account may assume the roles that are for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class People:
    """IAM users and roles, with a second factor if `mfa`, and sessions of IAM Identity Center's `permission_sets`.

    Such a session never says that it had a second factor: Identity Center asks for it before.
    """

    mfa: bool
    permission_sets: Sequence[str] = ()
