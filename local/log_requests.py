"""What the API of CloudWatch Logs is authorised on: a log group, or a stream of it where a request names one.

Sources: service authorization reference for Amazon CloudWatch Logs; the role policy of CloudTrail's user guide, which
allows CreateLogStream on streams.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from local import hooks

_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def _resource_arn(_method: str, _path: str, headers: Mapping[str, str], body: bytes, region: str, account: str) -> str:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return "*"
    if headers.get("x-amz-target", "").rsplit(".", 1)[-1] in _TAGGING:
        return str(given.get("resourceArn") or "*")
    if not (name := given.get("logGroupName")):
        return "*"
    group = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    return f"{group}:log-stream:{given['logStreamName']}" if given.get("logStreamName") else group


def install() -> None:
    """Authorise so from now on."""
    hooks.register_resource_arn("logs", _resource_arn)
