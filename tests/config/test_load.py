"""A wrong configuration fails at once, naming file, path, value, rule and fix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config import ConfigurationError, environment_names, load, load_all, load_environment
from config.load import ENVIRONMENTS
from tests.conftest import ROOT

DEV = ENVIRONMENTS / "dev.yaml"


def changed(tmp_path: Path, *path: str, value: Any) -> Path:
    """dev.yaml with one setting changed, as dev.yaml of another folder."""
    settings = yaml.safe_load(DEV.read_text())
    inner = settings
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


def message(file: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    return str(caught.value)


@pytest.mark.parametrize("name", environment_names())
def should_load_every_environment(name: str) -> None:
    assert load_environment(name).environment == name


def should_load_all_environments_at_once() -> None:
    platforms = load_all()
    assert list(platforms) == environment_names() == ["dev", "local", "prod", "staging"]
    assert platforms["prod"] == load_environment("prod")


def should_give_each_environment_that_ships_an_account_and_a_network_of_its_own() -> None:
    platforms = load_all().values()
    assert (
        len({platform.account for platform in platforms}) == len({platform.network.cidr for platform in platforms}) == 4
    )


def should_list_the_known_environments_for_an_unknown_one() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'prd': there is no such environment.*dev, local, prod, staging"
    ) as it:
        load_environment("prd")
    assert "did you mean `prod`?" in str(it.value)
    assert all(way in str(it.value) for way in ("`--environment NAME`", "`make ... ENV=NAME`", "`cdk ... -c env=NAME`"))


def should_refuse_an_unknown_key_and_guess_what_was_meant(tmp_path: Path) -> None:
    text = message(changed(tmp_path, "network", "availability_zone", value=["eu-west-1a"]))
    assert "dev.yaml: network.availability_zone" in text
    assert "[UNKNOWN-KEY]" in text
    assert "did you mean `availability_zones`?" in text


def should_refuse_an_unknown_key_deep_inside(tmp_path: Path) -> None:
    text = message(changed(tmp_path, "endpoints", "reviews", "variants", "linear", "scaling", "minimum", value=1))
    assert "endpoints.reviews.variants.linear.scaling.minimum" in text
    assert "did you mean `min`?" in text


def should_guess_by_the_names_that_the_file_uses(tmp_path: Path) -> None:
    text = message(changed(tmp_path, "network", "cdir", value="10.0.0.0/16"))
    assert "did you mean `cidr`?" in text
    assert "own_cidr" not in text


def should_name_a_missing_setting(tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text("environment: dev\n")
    text = message(file)
    assert "account = None: this setting is required. [REQUIRED] Fix: add `account`." in text


def should_name_the_line_of_broken_yaml(tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text("environment: dev\nnetwork: {cidr: [\n")
    assert "line 3" in message(file)


def should_refuse_a_key_given_twice(tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text("environment: dev\nenvironment: dev\n")
    assert "the key 'environment' is given twice" in message(file)


def should_say_of_a_placeholder_that_it_is_one(tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    for placeholder in ("{{ACCOUNT}}", "{[a]: b}"):
        file.write_text(f"environment: dev\naccount: {placeholder}\n")
        text = message(file)
        assert "line 2" in text
        assert "fill it in, or put it in quotes" in text


@pytest.mark.parametrize("value", ["2026-02-30", "0x_"])
def should_refuse_what_only_looks_like_a_date_or_number(tmp_path: Path, value: str) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text(f"environment: {value}\n")
    assert "[YAML]" in message(file)


def should_merge_what_an_anchor_names(tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    text = DEV.read_text()
    linear, xgboost = (
        "      linear:\n",
        "      xgboost: {model: reviews, candidate: xgboost, weight: 10, scaling: {min: 2, max: 4, target: 4}}",
    )
    assert linear in text and xgboost in text
    file.write_text(
        text.replace(linear, "      linear: &linear\n").replace(
            xgboost,
            "      xgboost: {<<: *linear, candidate: xgboost, weight: 10, scaling: {min: 2, max: 4, target: 4}}",
        )
    )
    assert load(file) == load_environment("dev")
    file.write_text(file.read_text().replace("weight: 10, scal", "weight: 10, weight: 11, scal"))
    assert "'weight' is given twice" in message(file)


@pytest.mark.parametrize("content", ["", "- a\n", "just text\n"])
def should_refuse_what_is_no_mapping(tmp_path: Path, content: str) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text(content)
    assert "must be a mapping" in message(file)


def should_refuse_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in message(tmp_path / "absent.yaml")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def should_answer_any_text_with_a_configuration_error(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    file = tmp_path_factory.mktemp("any") / "dev.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        load(file)


def should_check_without_node_aws_and_facts_that_nothing_needs() -> None:
    ask = (
        "import sys; from config.__main__ import main; from config import catalogue; code = main(['check']); "
        "loaded = {'aws_cdk', 'jsii', 'boto3', 'botocore', 'sagemaker'} & set(sys.modules); "
        "print(code, loaded, catalogue.algorithms.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 set() 0"
