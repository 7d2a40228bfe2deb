"""What the schema refuses is said in words: no regular expression and no name of a Python type."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from config import ConfigurationError, Platform, load
from config.wording import finding
from tests.config.cases.case import changed

VARIANTS = "endpoints.reviews.variants"
CANDIDATE = "models.reviews.candidates.linear"
SAID: list[tuple[str, Any, str]] = [
    ("network", None, "write a mapping, `key: value`."),
    ("network", "10.0.0.0/16", "Known here: availability_zones, cidr, existing"),
    (f"{VARIANTS}.linear.weight", -1, "write a number of at least 0."),
    (f"{VARIANTS}.linear.scaling.target", 0, "write a number above 0."),
    (f"{VARIANTS}.linear.scaling.max", 101, "write a number of at most 100."),
    (f"{VARIANTS}.linear.scaling.max", "many", "write a whole number."),
    (f"{VARIANTS}.linear.scaling.metric", "cpu", "write 'concurrency', 'invocations' or 'backlog'."),
    (VARIANTS, {}, "give at least 1."),
    (f"{VARIANTS}.linear.containers", [{"model": "reviews", "candidate": "linear"}], "give at least 2."),
    (f"{VARIANTS}.linear.environment", {"WORKERS": 2}, "write a text, in quotes."),
    (f"{VARIANTS}.linear.startup_timeout_seconds", 3601, "write a number of at most 3600."),
    (
        f"{VARIANTS}.linear.image",
        {"uri": "x", "artifact": "model.zip"},
        "Key of the model's archive in the artifacts bucket. Such as `own/model.tar.gz`.",
    ),
    ("endpoints.reviews.mode", "batch", "write 'real_time', 'asynchronous' or 'serverless'."),
    ("endpoints.reviews.capture", {"percent": 0}, "write a number of at least 1."),
    ("endpoints.reviews.rollout.alarms.period_seconds", 20, "write 10, 30 or 60."),
    ("tags", {"cost-centre": 4711}, "write a text, in quotes."),
    ("tags", ["a"], "write a mapping"),
    ("network.availability_zones", "eu-west-1a", "write a list"),
    ("prefix", "My_App", "Such as `ml-platform`."),
    ("prefix", "p" * 21, "at most 20 characters"),
    ("identity.bootstrap_qualifier", "a-b", "lower case and digits, at most 10. Such as `mlplatform`."),
    ("identity.role_path", "ml", "a slash at both ends"),
    ("identity.ci", {"provider": "https://gitlab.com", "subject": "s"}, "without https://. Such as `token.actions."),
    ("models.reviews.evaluation.instance_type", "m5.large", "Such as `ml.m5.large`."),
    ("identity.data_scientist.instance_types", ["m5"], "Such as `ml.m5.large`."),
    ("models", {"My-Model": {}}, "no hyphen. Such as `reviews`."),
    ("region", "EU-WEST-1", "AWS region, lower case. Such as `eu-west-1`."),
    ("retain_data", "perhaps", "write `true` or `false`."),
    (f"{CANDIDATE}.spot", {"max_wait": 60}, "did you mean `max_wait_minutes`?"),
    (f"{CANDIDATE}.input_mode", "Stream", "write 'File', 'FastFile' or 'Pipe'."),
    (f"{CANDIDATE}.channels", {"my train": {"from": "train"}}, "Letters, digits and ._-. Such as `train`."),
    (f"{CANDIDATE}.channels", {}, "give at least 1."),
    (f"{CANDIDATE}.instances", 0, "write a number of at least 1."),
    (f"{CANDIDATE}.tuning", {"ranges": {}}, "add `objective`."),
    (f"{CANDIDATE}.closed_features", True, "write 'accepted'."),
    ("models.reviews.parameters", {"Rounds": {"type": "integer", "default": 1}}, "a letter first. Such as `rounds`."),
    ("models.reviews.transform", {"input": "predict/"}, "with a slash at its end. Such as `transform/`."),
    ("models.reviews.transform", {"max_payload_mb": 101}, "write a number of at most 100."),
    ("models.reviews.gate.not_below_champion_by", 2, "write a number of at most 1."),
]
ODD: list[Any] = [None, 10, -1, 1.5, True, "", "a b", [], [None], [[]], {}, {"A B": None}, {1: 2}, "x" * 3000, 2**80]
ODD += [float("nan"), datetime.date(2026, 1, 1)]
# What pydantic says, and what no reader should have to read.
RAW = re.compile(r"Input should|valid dictionary|valid string|\^|\[a-z|pydantic|instance of|python -m config schema")


@pytest.mark.parametrize(("path", "value", "said"), SAID)
def should_say_in_words_what_to_write(path: str, value: Any, said: str, tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(changed("dev", {path: value})))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert any(said in each.fix for each in caught.value.findings if each.path.startswith(path))


def settings(tree: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in tree.items():
        yield f"{above}{key}"
        if isinstance(value, dict):
            yield from settings(value, f"{above}{key}.")


OPTIONAL = {"tags.x", "identity.ci", "identity.role_path", "audit.trail", "network.existing", "keys.data"}
OPTIONAL |= {
    f"{CANDIDATE}.{name}"
    for name in ("channels", "channels.train", "channels.train.file_system", "metrics", "profiler", "spot", "tuning")
}
OPTIONAL |= {f"models.reviews.{name}" for name in ("cache", "parameters", "parameters.rounds", "schedule", "transform")}
EVERY = sorted({*settings(changed("prod", {})), *OPTIONAL})


@pytest.mark.parametrize("path", EVERY)
def should_say_nothing_in_pydantics_words(path: str) -> None:
    refused = 0
    whole = changed("prod", {path: None})
    *above, last = path.split(".")
    place = reduce(getitem, above, whole)
    for value in ODD:
        place[last] = value
        try:
            Platform.model_validate(whole)
        except ValidationError as error:
            refused += 1
            for found in map(finding, error.errors()):
                assert not RAW.search(f"{found.message} {found.fix}"), found
    assert refused


def should_give_an_example_wherever_there_is_a_pattern() -> None:
    schema = Platform.model_json_schema()
    seen = list(patterns(schema))
    assert len(seen) >= 15
    for node in seen:
        assert node["description"], node
        alternatives = [node, *node.get("anyOf", [])]
        (pattern,) = [each["pattern"] for each in alternatives if "pattern" in each]
        assert re.search(pattern, node["examples"][0]), node


def patterns(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a text with a pattern; the pattern of "this or null" is inside of it."""
    if isinstance(node, list):
        for each in node:
            yield from patterns(each)
    if isinstance(node, dict):
        inner = node.get("anyOf", [])
        if isinstance(node.get("pattern"), str) or any("pattern" in each for each in inner):
            yield node
            return
        for each in node.values():
            yield from patterns(each)
