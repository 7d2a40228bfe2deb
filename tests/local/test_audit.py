"""The audit of properties: what nobody reads is an error that names it, wherever it is."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from local.cloudformation import audit, supported
from local.cloudformation.noted import NotedProperties, name_of, unread

_GIVEN = {
    "Name": "a",
    "Rules": [{"Id": "1", "Expiry": {"Days": 3, "Action": "Delete"}}, {"Id": "2", "Prefix": "x"}],
    "Names": ["a", "b"],
    "Empty": {},
}


def _unread_after(read: Callable[[NotedProperties], object], before: dict[str, Any] | None = None) -> set[str]:
    noted = NotedProperties(_GIVEN)
    read(noted)
    return {name_of(path) for path in unread(_GIVEN, noted.read, before)}


def should_name_what_was_not_read_by_its_top() -> None:
    assert _unread_after(lambda given: given["Name"]) == {"Rules", "Names", "Empty"}


def should_look_into_structures_and_lists() -> None:
    def read(given: NotedProperties) -> None:
        given.get("Name"), given.get("Names"), given.get("Empty")
        for rule in given["Rules"]:
            rule["Id"], rule.get("Prefix")
            rule.get("Expiry", {}).get("Days")

    assert _unread_after(read) == {"Rules.Expiry.Action"}


def should_see_each_element_of_a_list_by_itself() -> None:
    def read(given: NotedProperties) -> None:
        given.items()
        dict(given["Rules"][0])["Expiry"].values()

    assert _unread_after(read) == {"Rules.Id", "Rules.Prefix"}


@pytest.mark.parametrize("whole", [json.dumps, lambda given: {**given, "Rules": [json.dumps(given["Rules"])]}])
def should_take_what_is_written_out_as_read(whole: Callable[[Any], object]) -> None:
    assert not any(name.startswith("Rules") for name in _unread_after(whole))


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, NotedProperties.copy])
def should_note_what_is_read_of_a_copy_and_not_the_copying(copied: Callable[[Any], Any]) -> None:
    assert _unread_after(copied) == {"Name", "Rules", "Names", "Empty"}
    assert "Rules.Id" not in _unread_after(lambda given: [rule["Id"] for rule in copied(given)["Rules"]])


def should_look_at_what_an_update_changes_alone() -> None:
    before = copy.deepcopy(_GIVEN)
    before["Rules"][0]["Expiry"]["Days"] = 4  # type: ignore[index]
    assert _unread_after(lambda given: None, before) == {"Rules"}
    assert _unread_after(lambda given: [rule.get("Expiry") for rule in given["Rules"]], before) == {"Rules.Expiry.Days"}


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`deploy(handler, properties)` of an audited type; returns the ids of what was removed again."""
    removed: list[str] = []
    remove = "local.hooks.cloudformation.delete_of"
    monkeypatch.setattr(remove, lambda kind: lambda physical_id, given: removed.append(physical_id))
    monkeypatch.setitem(supported.RECORDED_ONLY, "A::B::C", {"Kept": "for the test"})

    def run(read: Callable[[dict[str, Any]], object], **properties: Any) -> list[str]:
        def create(logical_id: str, given: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
            read(given)
            return "made", {}

        audit._audited_create("A::B::C")(create)("It", properties, "stack")
        return removed

    run.removed = removed  # type: ignore[attr-defined]
    return run


def should_refuse_a_property_within_a_structure_and_remove_what_was_made(deploy: Callable[..., list[str]]) -> None:
    with pytest.raises(audit.UnsupportedPropertyError, match=r"A::B::C: the local cloud would ignore Rules\.Odd\."):
        deploy(lambda given: given["Rules"][0]["Id"], Rules=[{"Id": "1", "Odd": 2}])
    assert deploy.removed == ["made"]  # type: ignore[attr-defined]


def should_accept_what_is_listed_with_all_within_it(
    deploy: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    assert deploy(lambda given: given["Kept"], Kept={"A": [{"B": 1}]}) == []
    assert not caplog.records


def should_tell_of_what_is_listed_and_read_all_the_same(
    deploy: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        deploy(json.dumps, Kept={"A": 1})
    assert [record.getMessage() for record in caplog.records] == [
        "A::B::C: Kept is listed in supported.py, but it is read."
    ]
