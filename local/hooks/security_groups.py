"""Security groups: prefix lists as peers of a rule, which MiniStack's EC2 keeps but does not read from requests."""

from __future__ import annotations

import itertools
from typing import Any

from local.hooks import internals

_ec2 = internals.module("services.ec2")


def _prefix_lists(params: dict[str, Any], permission: str) -> list[dict[str, str]]:
    found = []
    for number in itertools.count(1):
        peer = f"{permission}.PrefixListIds.{number}"
        given = {name: _ec2._p(params, f"{peer}.{name}") for name in ("PrefixListId", "Description")}
        if not given["PrefixListId"]:
            break
        found.append({name: value for name, value in given.items() if value})
    return found


def read_prefix_lists() -> None:
    """Read them from now on."""
    original = _ec2._parse_ip_permissions

    def parse(params: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = original(params, prefix)
        for number, rule in enumerate(rules, 1):
            rule["PrefixListIds"] = _prefix_lists(params, f"{prefix}.{number}")
        return rules

    _ec2._parse_ip_permissions = parse
