"""docs/local.md tells what local/cloudformation/supported.py holds, type by type."""

from __future__ import annotations

import re

from local.cloudformation import supported
from tests.local.cloud import REPOSITORY


def should_list_every_type_and_every_property_without_effect() -> None:
    text = (REPOSITORY / "docs/local.md").read_text()
    rows = re.findall(r"^\| `(AWS::\w+::\w+)` \| (?:role)? *\| ?(.*?) ?\|$", text, re.MULTILINE)
    told = {resource_type: frozenset(re.findall(r"`(\w+)`", noted)) for resource_type, noted in rows}
    assert told == {t: supported.RECORDED_ONLY.get(t, frozenset()) for t in supported.OURS | supported.MINISTACK}
