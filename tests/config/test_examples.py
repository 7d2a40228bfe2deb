"""Every rule has an example that fails and one that passes; `explain` shows them, and docs/rules.md lists the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.__main__ import main
from config.checks import RULES, isolation
from config.examples import Example, examples
from config.explain import READING, SPELLING, described, table
from config.load import load
from tests.conftest import ROOT

EXAMPLES = examples()
IN_FILES = {rule: example for rule, example in EXAMPLES.items() if not example.words}


def should_have_an_example_of_every_rule_and_of_nothing_else() -> None:
    assert set(EXAMPLES) == {rule.id for rule in RULES} | set(READING)


@pytest.mark.parametrize("rule", IN_FILES)
def should_fail_and_pass_as_shown(rule: str) -> None:
    example = IN_FILES[rule]
    assert rule in {finding.rule for finding in example.findings(example.fails)}
    assert not example.findings(example.passes)


@pytest.mark.parametrize("rule", sorted(set(EXAMPLES) - set(IN_FILES)))
def should_say_in_words_what_no_file_shows(rule: str) -> None:
    example = EXAMPLES[rule]
    assert len(example.words) == 2 and all(example.words)
    assert not example.fails and not example.passes


def should_explain_a_rule_with_both_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "SPOT-WAIT"]) == 0
    text = capsys.readouterr().out
    for part in (
        "SPOT-WAIT: waits are as long as runs",
        "why: the wait covers running too",
        "fix: use 60 or more",
        "source: SageMaker developer guide: managed spot training",
        "max_wait_minutes: 30",
        "max_wait_minutes: 60",
    ):
        assert part in text
    assert text.index("fails") < text.index("max_wait_minutes: 30") < text.index("passes")


def should_explain_a_rule_that_needs_two_files_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "CIDR-OVERLAP"]) == 0
    assert "beside it, staging.yaml with:" in capsys.readouterr().out
    assert main(["explain", "RANGE-COUNT"]) == 0
    assert "fails: 31 ranges\npasses: 30 ranges\n" in capsys.readouterr().out


def should_write_repeated_parts_of_an_example_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "FILE-SYSTEM-MODE"]) == 0
    assert not re.search(r"[&*]id\d", capsys.readouterr().out)


@pytest.mark.parametrize("rule", ["YAML", "ACCOUNT-ID", "UNKNOWN-KEY", "ISOLATION-REQUIREMENTS"])
def should_explain_whatever_a_finding_may_name(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 0
    assert capsys.readouterr().out.startswith(f"{rule}: ")


def should_name_the_nearest_rules_of_an_unknown_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "spot-checkpoint"]) == 1
    said = capsys.readouterr()
    assert "there is no rule 'spot-checkpoint'. Nearest: SPOT-CHECKPOINTS" in said.err
    assert not said.out


def should_list_every_rule_as_the_code_has_it() -> None:
    assert (ROOT / "docs/rules.md").read_text("utf-8") == table(), "python -m config rules > docs/rules.md"


def should_describe_each_rule_once_and_each_differently() -> None:
    rules = list(described())
    assert len({rule.id for rule in rules}) == len({rule.what for rule in rules}) == len(rules) >= 60
    assert all(rule.why and rule.source for rule in rules)
    # A name that a sentence spells otherwise.
    words = {word for rule in RULES for word in rule.find.__name__.split("_")}
    assert set(SPELLING) <= words


def should_find_requirements_in_a_models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = load(Example().write(tmp_path, {}))
    assert not list(isolation.nothing_is_installed_in_a_job(platform, tmp_path))
    (tmp_path / "model_code/reviews").mkdir(parents=True)
    (tmp_path / "model_code/reviews/requirements.txt").write_text("nltk\n")
    monkeypatch.setattr(isolation, "ROOT", tmp_path)
    (violation,) = isolation.nothing_is_installed_in_a_job(platform, tmp_path)
    assert violation.path == "models.reviews.code"
    assert "image of your own" in violation.fix


def should_explain_a_rule_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rollout-time"]) == 0
    assert capsys.readouterr().out.startswith("ROLLOUT-TIME: ")


def should_list_the_rules_that_a_part_of_a_name_is_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "schedule-"]) == 1
    said = capsys.readouterr().err
    assert "no rule 'schedule-'" in said
    assert all(rule in said for rule in ("SCHEDULE-CRON", "SCHEDULE-ZONE", "SCHEDULE-OFTEN"))
