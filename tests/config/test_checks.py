"""Each rule fires on what breaks it, names place, value and fix, and lets its nearest neighbour pass."""

from __future__ import annotations

import datetime
from pathlib import Path

import botocore.session
import pytest
import yaml
from sagemaker.core import image_uris

from config import ConfigurationError, catalogue, load
from config.catalogue import Use
from config.checks import RULES
from tests.config.cases import declarations, foundation, front_door, hosting, models, network, training
from tests.config.cases.case import Case, changed
from tests.conftest import ROOT

CASES = [
    *models.CASES,
    *declarations.CASES,
    *hosting.CASES,
    *network.CASES,
    *foundation.CASES,
    *training.CASES,
    *front_door.CASES,
]
# Rules that need more than one file or another catalogue, and those that the schema holds.
ELSEWHERE = {
    "API-DECLARATION",
    "API-MAX-BYTES",
    "API-SAME",
    "CIDR-OVERLAP",
    "ENDPOINT-REGION",
    "ISOLATION-REQUIREMENTS",
    "QUALIFIER-OWN",
    "REGION-IMAGES",
}
SCHEMA = {"ACCOUNT-ID", "ARGUMENT-FORM", "ARN-FORM", "CIDR-FORM", "NETWORK-EITHER", "ZONES-TWO"}


USES: dict[Use, str] = {
    "processing": "ProcessingInstanceType",
    "training": "TrainingInstanceType",
    "hosting": "ProductionVariantInstanceType",
    "transform": "TransformInstanceType",
}


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


def should_cite_only_what_a_reader_has() -> None:
    for rule in RULES:
        assert "threats" not in rule.source
        if "/" in rule.source and " " not in rule.source:
            assert (ROOT / rule.source).exists(), rule.id


def should_say_the_same_of_instance_types_as_aws_does() -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    families = catalogue.instance_families()
    for use, shape in USES.items():
        assert sorted(families.offered(use)) == sorted(model.shape_for(shape).enum), use
    offered = {*families.processing, *families.training, *families.hosting, *families.transform}
    assert families.burstable <= offered
    assert {catalogue.family(each) for each in families.one_gpu} <= families.gpu
    assert families.one_gpu <= {each for use in USES for each in families.offered(use)}


def should_name_a_burstable_instance_once(tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(changed("dev", {"endpoints.reviews.variants.linear.instance_type": "ml.t3.medium"})))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert [finding.rule for finding in caught.value.findings] == ["AUTOSCALING-BURSTABLE"]


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
