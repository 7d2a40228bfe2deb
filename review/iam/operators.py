"""Condition operators: how one value of the request compares with one of the policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from review.iam.patterns import arn_like, like, plain

Compare = Callable[[str, str], bool]  # (value of the policy, value of the request)


@dataclass(frozen=True)
class Operator:
    """`negated`: matches when no value of the policy compares, and when the key is absent.

    `variables`: policy variables are filled in, which AWS does for strings and ARNs only.
    """

    compare: Compare
    negated: bool = False
    variables: bool = False


def _unreadable_never_matches(compare: Compare) -> Compare:
    def guarded(policy: str, request: str) -> bool:
        try:
            return compare(policy, request)
        except (ValueError, binascii.Error):
            return False

    return guarded


def _number(compare: Callable[[float, float], bool]) -> Compare:
    return _unreadable_never_matches(lambda policy, request: compare(float(request), float(policy)))


def _date(compare: Callable[[datetime, datetime], bool]) -> Compare:
    return _unreadable_never_matches(lambda policy, request: compare(_moment(request), _moment(policy)))


def _moment(text: str) -> datetime:
    """ISO 8601, or seconds since 1970."""
    if text.replace(".", "", 1).isdigit() and len(text) > 4:
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _network(policy: str, request: str) -> bool:
    return ip_address(request) in ip_network(policy, strict=False)


def _equal(policy: str, request: str) -> bool:
    return plain(policy) == request


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_equal, variables=True),
    "StringNotEquals": Operator(_equal, negated=True, variables=True),
    "StringEqualsIgnoreCase": Operator(lambda p, r: plain(p).lower() == r.lower(), variables=True),
    "StringNotEqualsIgnoreCase": Operator(lambda p, r: plain(p).lower() == r.lower(), negated=True, variables=True),
    "StringLike": Operator(like, variables=True),
    "StringNotLike": Operator(like, negated=True, variables=True),
    # "ArnEquals and ArnLike behave identically."
    "ArnEquals": Operator(arn_like, variables=True),
    "ArnLike": Operator(arn_like, variables=True),
    "ArnNotEquals": Operator(arn_like, negated=True, variables=True),
    "ArnNotLike": Operator(arn_like, negated=True, variables=True),
    "NumericEquals": Operator(_number(operator.eq)),
    "NumericNotEquals": Operator(_number(operator.eq), negated=True),
    "NumericLessThan": Operator(_number(operator.lt)),
    "NumericLessThanEquals": Operator(_number(operator.le)),
    "NumericGreaterThan": Operator(_number(operator.gt)),
    "NumericGreaterThanEquals": Operator(_number(operator.ge)),
    "DateEquals": Operator(_date(operator.eq)),
    "DateNotEquals": Operator(_date(operator.eq), negated=True),
    "DateLessThan": Operator(_date(operator.lt)),
    "DateLessThanEquals": Operator(_date(operator.le)),
    "DateGreaterThan": Operator(_date(operator.gt)),
    "DateGreaterThanEquals": Operator(_date(operator.ge)),
    "Bool": Operator(lambda p, r: p.lower() == r.lower()),
    "BinaryEquals": Operator(
        _unreadable_never_matches(lambda p, r: base64.b64decode(p, validate=True) == base64.b64decode(r, validate=True))
    ),
    "IpAddress": Operator(_unreadable_never_matches(_network)),
    "NotIpAddress": Operator(_unreadable_never_matches(_network), negated=True),
}
