"""docs/local.md tells what local/cloudformation/supported.py holds, type by type."""

from __future__ import annotations

import re

from local.cloudformation import authorisation, supported
from tests.local.cloud import REPOSITORY


def should_mark_the_types_that_a_stacks_role_must_be_allowed_to_make() -> None:
    text = (REPOSITORY / "docs/local.md").read_text()
    marks = dict(re.findall(r"^\| `(AWS::\w+::\w+)` \| (role|creation) \|", text, re.MULTILINE))
    assert {resource_type for resource_type, mark in marks.items() if mark == "creation"} == set(authorisation.NEEDS)
    acting = {t for t in supported.OURS if t.startswith(("AWS::SageMaker::", "AWS::ApplicationAutoScaling::"))}
    assert {resource_type for resource_type, mark in marks.items() if mark == "role"} == acting


def should_list_every_type_and_every_property_without_effect() -> None:
    text = (REPOSITORY / "docs/local.md").read_text()
    rows = re.findall(r"^\| `(AWS::\w+::\w+)` \| (?:role|creation)? *\| ?(.*?) ?\|$", text, re.MULTILINE)
    told = {resource_type: frozenset(re.findall(r"`([\w.]+)`", noted)) for resource_type, noted in rows}
    assert told == {t: frozenset(supported.RECORDED_ONLY.get(t, {})) for t in supported.OURS | supported.MINISTACK}
