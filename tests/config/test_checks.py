"""Each rule fires on what breaks it, and on nothing in the environments that ship."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from sagemaker.core import image_uris

from config import ConfigurationError, catalogue, load
from config.checks import RULES
from tests.config.test_load import changed

VARIANT = ("endpoints", "reviews", "variants", "linear")

SCALING = {"min": 1, "max": 2, "target": 1}
SIX_VARIANTS = {
    f"linear{n}": {"model": "reviews", "candidate": "linear", "weight": 1, "scaling": SCALING} for n in range(6)
}
WEIGHTLESS = {"linear": {"model": "reviews", "candidate": "linear", "weight": 0, "scaling": SCALING}}

BREACHES = {
    "ENVIRONMENT-FILE": (("environment",), "prod"),
    "ZONES-IN-REGION": (("network", "availability_zones"), ["eu-west-1a", "us-east-1b"]),
    "CIDR-SIZE": (("network", "cidr"), "10.0.0.0/28"),
    "REGION-IMAGES": (("region",), "xx-nowhere-1"),
    "IMAGE-KNOWN": (("models", "reviews", "evaluation", "image"), "latest"),
    "CODE-EXISTS": (("models", "reviews", "evaluation", "entry_point"), "absent.py"),
    "CANDIDATE-EXISTS": ((*VARIANT, "candidate"), "roberta"),
    "WEIGHTS-POSITIVE": (("endpoints", "reviews", "variants"), WEIGHTLESS),
    "SCALING-BOUNDS": ((*VARIANT, "scaling", "min"), 9),
    "AUTOSCALING-BURSTABLE": ((*VARIANT, "instance_type"), "ml.t2.medium"),
    "LINEAR-STEP": (("endpoints", "reviews", "rollout"), {"kind": "linear", "percent": 5}),
    "ROLLOUT-TIME": (("endpoints", "reviews", "rollout"), {"kind": "linear", "percent": 10, "bake_minutes": 60}),
    "ROLLBACK-ALARMS": (("endpoints", "reviews", "variants"), SIX_VARIANTS),
    "BAKE-TIME": (("endpoints", "reviews", "rollout", "bake_minutes"), 0),
    "RESERVED-ARGUMENT": (
        ("models", "reviews", "candidates", "linear", "hyperparameters"),
        {"sagemaker_submit_directory": "s3://elsewhere/x.tar.gz"},
    ),
    "NAME-LENGTH": None,
    "APPROVAL-MANUAL": None,
}


def should_have_a_breach_for_every_rule() -> None:
    assert sorted(BREACHES) == sorted(rule.id for rule in RULES)


@pytest.mark.parametrize("id", [id for id, breach in BREACHES.items() if breach])
def should_find_the_breach(id: str, tmp_path: Path) -> None:
    path, value = BREACHES[id]  # type: ignore[misc]
    file = changed(tmp_path, *path, value=value)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    found = [finding for finding in caught.value.findings if finding.rule == id]
    assert found
    assert found[0].fix
    assert found[0].source
    assert found[0].path.startswith(".".join(path[:2]).split(".")[0])


def should_demand_a_person_for_approval_outside_development(tmp_path: Path) -> None:
    file = changed(tmp_path, "environment", value="prod").rename(tmp_path / "prod.yaml")
    with pytest.raises(ConfigurationError, match="APPROVAL-MANUAL"):
        load(file)


def should_refuse_names_that_sagemaker_would_refuse(tmp_path: Path) -> None:
    long = "a" * 20
    file = changed(tmp_path, "prefix", value=long)
    file.write_text(file.read_text().replace("reviews:", f"{'m' * 20}:").replace("linear", "l" * 20))
    with pytest.raises(ConfigurationError, match="NAME-LENGTH"):
        load(file)


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
