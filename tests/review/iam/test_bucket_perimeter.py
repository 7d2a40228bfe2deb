"""Who reaches production's buckets, from where: deployed bucket, role, boundary and endpoint policies, evaluated.

`bucket_perimeter.csv` has a case a line. Legitimate calls that arrive from outside the VPC must pass, and stolen
credentials must be worth nothing there. `ends`: `allowed`, the statement that denies, or the layer that does not allow.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from config import load_environment
from review.iam import Deployed, evaluate
from tests.review.iam.perimeter import BREAK_GLASS, Production

with (Path(__file__).parent / "bucket_perimeter.csv").open(encoding="utf-8", newline="") as _file:
    CASES = list(csv.DictReader(_file, strict=True))


def deployed(environment: str, outdir: Path) -> Production:
    """The environment with its bootstrap stack, and with a break-glass role of the organisation."""
    from app import compose, compose_bootstrap, new_app  # here: jsii starts Node, which most tests do not need

    platform = load_environment(environment)
    glass = f"arn:aws:iam::{platform.account}:role/{BREAK_GLASS}"
    identity = platform.identity.model_copy(update={"break_glass_roles": [glass]})
    platform = platform.model_copy(update={"identity": identity})
    templates: dict[str, dict[str, Any]] = {}
    for compose_stacks in (compose, compose_bootstrap):
        app = new_app(outdir=str(outdir / compose_stacks.__name__))
        compose_stacks(app, platform)
        templates |= {stack.stack_name: stack.template for stack in app.synth().stacks}
    return Production(Deployed(templates, account=platform.account, region=platform.region), platform)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Production:
    return deployed("prod", tmp_path_factory.mktemp("prod"))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def should_let_in_only_who_belongs(production: Production, case: dict[str, str]) -> None:
    caller = production.caller(case["who"])
    request = production.request(caller, case)
    decision = evaluate(request, production.policies(caller, request))
    assert decision.allowed is (case["ends"] == "allowed"), decision.reason
    assert decision.allowed or decision.reason.endswith(case["ends"])


def should_cover_who_must_pass_and_who_must_not() -> None:
    """At least 18 cases, both ways, from every direction."""
    assert len({case["case"] for case in CASES}) == len(CASES) >= 18
    assert {case["through"] for case in CASES if case["ends"] == "allowed"} == {"endpoint", "internet"}
    assert {case["through"] for case in CASES} == {"endpoint", "internet", "vpce-attacker"}


def should_guard_every_bucket_of_data_the_same_way(production: Production) -> None:
    """A case looks at one bucket; what it shows must hold for the others."""
    for name in ("Raw", "Data", "Artifacts"):
        (policy,) = production.deployed.bucket_policy(production.bucket(name))
        names = {statement.sid.rsplit(", ", 1)[-1] for statement in policy.statements}
        assert names >= {"TlsOnly", "Tls12", "OwnAccountOnly", "ThroughTheEndpointOnly", "NoOtherKey"}


def should_let_the_custodian_delete_and_see_nothing(tmp_path: Path) -> None:
    """Where data is not kept, a role empties the buckets from an operator's machine."""
    development = deployed("dev", tmp_path)
    caller = development.caller("custodian")
    case = {"bucket": "Raw", "key": "raw/reviews/b1/a.csv", "through": "internet", "says": ""}
    for action, allowed in (("s3:DeleteObjectVersion", True), ("s3:GetObject", False), ("s3:PutObject", False)):
        request = development.request(caller, case | {"action": action})
        assert evaluate(request, development.policies(caller, request)).allowed is allowed, action
