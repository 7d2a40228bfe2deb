"""Each rule fires on what breaks it, names place, value and fix, and lets its nearest neighbour pass."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml
from sagemaker.core import image_uris

from config import ConfigurationError, catalogue, load
from config.checks import RULES
from tests.config.cases import foundation, models, network
from tests.config.cases.case import Case, changed

CASES = [*models.CASES, *network.CASES, *foundation.CASES]
# Rules that need more than one file, and those that the schema holds.
ELSEWHERE = {"CIDR-OVERLAP", "QUALIFIER-OWN"}
SCHEMA = {"ACCOUNT-ID", "ARN-FORM", "NETWORK-EITHER", "ZONES-TWO"}


def ids(case: Case) -> str:
    return f"{case.rule}-{case.path}"


def should_have_a_case_for_every_rule() -> None:
    assert {case.rule for case in CASES} | ELSEWHERE == {rule.id for rule in RULES} | SCHEMA
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("case", CASES, ids=ids)
def should_find_the_breach(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(case.file(tmp_path, case.breach))
    found = {finding.path: finding for finding in caught.value.findings if finding.rule == case.rule}
    finding = found[case.path]
    assert finding.value == case.value
    assert case.fix in finding.fix
    assert finding.message
    assert finding.source


@pytest.mark.parametrize("case", CASES, ids=ids)
def should_let_the_twin_pass(case: Case, tmp_path: Path) -> None:
    load(case.file(tmp_path, case.twin))


def should_say_the_same_of_images_as_aws_does() -> None:
    images = catalogue.images()
    for name, image in images.images.items():
        for region in images.accounts:
            for scope in ("training", "inference"):
                published = image_uris.retrieve(
                    image.framework, region, version=image.version, image_scope=scope, instance_type="ml.m5.large"
                )
                assert images.uri(name, region) == published


def should_offer_only_images_that_are_still_patched() -> None:
    for name, image in catalogue.images().images.items():
        assert image.patched_until > datetime.date(2026, 11, 1), name


@pytest.mark.parametrize("setting", ["retain_data", "identity.require_mfa", "front_door.waf"])
@pytest.mark.parametrize("environment", ["local", "dev"])
def should_let_development_be_weaker(environment: str, setting: str, tmp_path: Path) -> None:
    file = tmp_path / f"{environment}.yaml"
    file.write_text(yaml.safe_dump(changed(environment, {setting: False})))
    load(file)


def should_name_every_key_of_another_account(tmp_path: Path) -> None:
    names = ("data", "artifacts", "functions", "logs", "trail", "notifications")
    keys = {name: foundation.key(account=foundation.OTHER, number=n) for n, name in enumerate(names)}
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(changed("dev", {"keys": keys})))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert [finding.path for finding in caught.value.findings] == [f"keys.{name}" for name in names]
