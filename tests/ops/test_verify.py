"""The verification: all is well, each planted difference is found by its own check, and nothing unanswered passes."""

from __future__ import annotations

import copy
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from config.schema import Endpoint
from ops import __main__ as commands
from ops.checks.row import Row, Verdict
from ops.verify import command, hosting
from ops.verify.report import verify
from tests.ops.conftest import Deployed, refused
from tests.ops.verified import (
    ABSENT,
    ACCOUNT,
    CAPTURE,
    ENDPOINT_POLICY,
    OTHER_KEY,
    TEMPLATES,
    WELL,
    actions,
    approved,
    configuration,
    encryption,
    endpoint,
    models,
    package,
    policies,
    role,
    running,
    stack,
    targets,
    vpc_endpoint,
)


def not_well(deployed: Deployed, endpoint: str | None = None, **changes: Any) -> dict[str, Row]:
    """Rule -> row, of all that is not as declared."""
    rows = verify(running(deployed, **changes), endpoint)
    found = {row.finding.rule: row for row in rows if row.finding}
    assert all(row.finding for row in rows if row.verdict is not Verdict.OK)
    return found


def should_find_nothing_where_all_runs_as_declared(deployed: Deployed) -> None:
    rows = verify(running(deployed), None)
    assert [row for row in rows if row.verdict is not Verdict.OK] == []
    asked = [row.check for row in rows]
    assert len(asked) == len(set(asked)) == 30
    assert {row.needed for row in rows if row.check.endswith(": package")} == {
        "ashlar-dev-reviews-linear/1",
        "ashlar-dev-reviews-xgboost/1",
    }


def variants(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The variants of DescribeEndpoint, some of them changed."""
    return [{**its, **changes.get(its["VariantName"], {})} for its in endpoint()["ProductionVariants"]]


def other_machine() -> dict[str, Any]:
    changed = configuration()
    changed["ProductionVariants"][1]["InstanceType"] = "ml.m5.xlarge"
    return changed


def policy(**changes: Any) -> dict[str, Any]:
    """The endpoint's policy with a changed first statement."""
    first, second = ENDPOINT_POLICY["Statement"]
    return {**ENDPOINT_POLICY, "Statement": [{**first, **changes}, second]}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("rule", "said", "changes"),
    [
        # SageMaker went back on an alarm, and the stack believes that the release went well.
        ("CONFIGURATION", "config-old", {"sagemaker__describe_endpoint": endpoint(EndpointConfigName="config-old")}),
        ("CONFIGURATION", "absent", {"sagemaker__describe_endpoint": ABSENT}),
        ("CONFIGURATION", "Updating", {"sagemaker__describe_endpoint": endpoint(EndpointStatus="Updating")}),
        (
            "PACKAGE",
            "ashlar-dev-reviews-linear/2",
            {"sagemaker__describe_model": models(PrimaryContainer={"ModelPackageName": package("linear", 2)})},
        ),
        (
            "PACKAGE",
            "registry/image:latest",
            {
                "sagemaker__describe_model": models(
                    Containers=[{"Image": "registry/image:latest"}, {"ModelPackageName": package("linear")}]
                )
            },
        ),
        ("ISOLATION", "False", {"sagemaker__describe_model": models(EnableNetworkIsolation=False)}),
        (
            "NETWORK",
            "subnet-9",
            {"sagemaker__describe_model": models(VpcConfig={"Subnets": ["subnet-9"], "SecurityGroupIds": ["sg-1"]})},
        ),
        (
            "NETWORK",
            "sg-9",
            {"sagemaker__describe_model": models(VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-9"]})},
        ),
        ("NETWORK", "none", {"sagemaker__describe_model": models(VpcConfig={})}),
        (
            "HOSTING-ROLE",
            "admin",
            {"sagemaker__describe_model": models(ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/admin")},
        ),
        ("MACHINE", "ml.m5.xlarge", {"sagemaker__describe_endpoint_config": other_machine()}),
        ("VOLUME-KEY", OTHER_KEY, {"sagemaker__describe_endpoint_config": configuration(KmsKeyId=OTHER_KEY)}),
        ("VOLUME-KEY", "none", {"sagemaker__describe_endpoint_config": configuration(KmsKeyId=None)}),
        ("CAPTURE", "enabled False", {"sagemaker__describe_endpoint_config": configuration(DataCaptureConfig={})}),
        (
            "CAPTURE",
            "percent 5",
            {
                "sagemaker__describe_endpoint_config": configuration(
                    DataCaptureConfig={**CAPTURE, "InitialSamplingPercentage": 5}
                )
            },
        ),
        (
            "CAPTURE",
            "enabled False",
            {"sagemaker__describe_endpoint": endpoint(DataCaptureConfig={"CaptureStatus": "Stopped"})},
        ),
        (
            "CAPTURE",
            "percent 5",
            {"sagemaker__describe_endpoint": endpoint(DataCaptureConfig={"CurrentSamplingPercentage": 5})},
        ),
        (
            "WEIGHTS",
            "linear 50, xgboost 50",
            {"sagemaker__describe_endpoint": endpoint(ProductionVariants=variants(linear={"CurrentWeight": 1.0}))},
        ),
        (
            "INSTANCES",
            "5",
            {"sagemaker__describe_endpoint": endpoint(ProductionVariants=variants(linear={"CurrentInstanceCount": 5}))},
        ),
        (
            "INSTANCES",
            "0",
            {
                "sagemaker__describe_endpoint": endpoint(
                    ProductionVariants=variants(xgboost={"CurrentInstanceCount": 0})
                )
            },
        ),
        ("SCALING-TARGET", "none", {"scaling__describe_scalable_targets": targets()}),
        ("SCALING-TARGET", "2 to 4", {"scaling__describe_scalable_targets": targets((2, 4))}),
        (
            "SCALING-TARGET",
            "DynamicScalingOutSuspended is on",
            {"scaling__describe_scalable_targets": targets((1, 4), DynamicScalingOutSuspended=True)},
        ),
        (
            "SCALING-POLICIES",
            "TargetTrackingScaling 7",
            {"scaling__describe_scaling_policies": policies(7)},
        ),
        # Put again after a change of the instance type was rolled back.
        ("SCALING-POLICIES", "other ARNs", {"scaling__describe_scaling_policies": policies(arn="new-arn-of-")}),
        ("SCALING-POLICIES", "none", {"scaling__describe_scaling_policies": {"ScalingPolicies": []}}),
        (
            "SCHEDULES",
            "cron(0 1 * * ? *)",
            {"scaling__describe_scheduled_actions": actions("0 1 * * ? *")},
        ),
        ("SCHEDULES", "none", {"scaling__describe_scheduled_actions": {"ScheduledActions": []}}),
        ("BOUNDARY", "not by-hand, hosting-role", {"iam__get_role": role(None)}),
        ("BOUNDARY", "by-hand", {"iam__get_role": role("arn:aws:iam::aws:policy/AdministratorAccess")}),
        (
            "BOUNDARY",
            "not by-hand",
            {"iam__get_role": lambda RoleName: role(None) if RoleName == "by-hand" else role()},  # noqa: N803
        ),
        ("BUCKET", "AES256", {"s3__get_bucket_encryption": encryption("AES256", "")}),
        ("BUCKET", OTHER_KEY[-12:], {"s3__get_bucket_encryption": encryption(key=OTHER_KEY)}),
        ("BUCKET", "none", {"s3__get_bucket_encryption": refused("ServerSideEncryptionConfigurationNotFoundError")}),
        ("ENDPOINT-POLICY", "differing: Own", {"ec2__describe_vpc_endpoints": vpc_endpoint(policy(Action="s3:*"))}),
        ("ENDPOINT-POLICY", "differing: Own", {"ec2__describe_vpc_endpoints": vpc_endpoint(policy(Resource=["*"]))}),
        (
            "ENDPOINT-POLICY",
            "differing: Own; more: Everything",
            {"ec2__describe_vpc_endpoints": vpc_endpoint(policy(Sid="Everything"))},
        ),
        ("ENDPOINT-POLICY", "no policy", {"ec2__describe_vpc_endpoints": vpc_endpoint(None)}),
        ("ENDPOINT-POLICY", "absent", {"ec2__describe_vpc_endpoints": {"VpcEndpoints": []}}),
        (
            "STACK",
            "UPDATE_ROLLBACK_FAILED",
            {
                "cloudformation__describe_stacks": {
                    "Stacks": [stack(name, StackStatus="UPDATE_ROLLBACK_FAILED") for name in TEMPLATES]
                }
            },
        ),
        ("STACKS", "none", {"cloudformation__describe_stacks": {"Stacks": [stack("other", Tags=[])]}}),
    ],
)
def should_find_a_planted_difference(deployed: Deployed, rule: str, said: str, changes: dict[str, Any]) -> None:
    row = not_well(deployed, **changes)[f"VERIFY-{rule}"]
    assert row.verdict is Verdict.ERROR
    assert said in row.found
    assert row.finding and row.finding.message and row.finding.fix


def should_find_one_difference_by_one_check(deployed: Deployed) -> None:
    """What is not its own, a check leaves alone."""
    for rule, changes in {
        "VERIFY-WEIGHTS": {
            "sagemaker__describe_endpoint": endpoint(ProductionVariants=variants(linear={"CurrentWeight": 1.0}))
        },
        "VERIFY-ISOLATION": {"sagemaker__describe_model": models(EnableNetworkIsolation=False)},
        "VERIFY-BUCKET": {"s3__get_bucket_encryption": encryption(key=OTHER_KEY)},
        "VERIFY-CONFIGURATION": {"sagemaker__describe_endpoint": endpoint(EndpointConfigName="config-old")},
    }.items():
        assert list(not_well(deployed, **changes)) == [rule]


@pytest.mark.parametrize("call", sorted(WELL))
def should_take_no_denied_call_for_a_pass(deployed: Deployed, call: tuple[str, str]) -> None:
    service, operation = call
    denied = refused("AccessDenied", "not authorized")
    found = not_well(deployed, **{f"{service.rsplit('auto', 1)[-1]}__{operation}": denied})
    assert Verdict.ERROR in {row.verdict for row in found.values()}
    assert any("AccessDenied" in row.finding.message for row in found.values() if row.finding)


def should_accept_the_bounds_that_a_schedule_has_set(deployed: Deployed) -> None:
    assert not_well(deployed, scaling__describe_scalable_targets=targets((1, 1))) == {}


def should_accept_a_policy_that_is_only_written_otherwise(deployed: Deployed) -> None:
    same = policy(Action="s3:GetObject", Resource=["b", "a"], Principal={"AWS": "*"})
    assert not_well(deployed, ec2__describe_vpc_endpoints=vpc_endpoint(same)) == {}


def should_only_say_that_a_newer_package_waits(deployed: Deployed) -> None:
    row = not_well(deployed, sagemaker__list_model_packages=approved(2))["VERIFY-RELEASED"]
    assert (row.verdict, row.found, row.needed) == (
        Verdict.WARNING,
        "ashlar-dev-reviews-xgboost/1",
        "ashlar-dev-reviews-xgboost/2",
    )


def should_find_nothing_missing_before_the_first_release(deployed: Deployed) -> None:
    none = [{"ParameterKey": f"{name}ModelPackage", "ParameterValue": "none"} for name in ("Linear", "Xgboost")]
    stacks = {"Stacks": [stack(name, Parameters=none) for name in TEMPLATES]}
    unreleased: dict[str, Any] = {
        "cloudformation__describe_stacks": stacks,
        "sagemaker__list_model_packages": {"ModelPackageSummaryList": []},
    }
    assert not_well(deployed, **unreleased, sagemaker__describe_endpoint=ABSENT) == {}
    assert "VERIFY-CONFIGURATION" in not_well(deployed, **unreleased)


def should_look_at_one_endpoint_alone(deployed: Deployed) -> None:
    changes = {"s3__get_bucket_encryption": encryption(key=OTHER_KEY), "sagemaker__describe_endpoint": ABSENT}
    assert list(not_well(deployed, "reviews", **changes)) == ["VERIFY-CONFIGURATION"]


def should_say_what_of_a_template_it_cannot_resolve(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(TEMPLATES)
    properties = changed["ashlar-dev-inference-reviews"]["Resources"]["config"]["Properties"]
    properties["KmsKeyId"] = {"Fn::GetAtt": ["Role", "RoleId"]}
    answer = lambda StackName, TemplateStage: {"TemplateBody": changed[StackName]}  # noqa: E731, N803
    row = not_well(deployed, cloudformation__get_template=answer)["VERIFY-VOLUME-KEY"]
    assert row.verdict is Verdict.ERROR
    assert row.finding and "RoleId of Role (AWS::IAM::Role)" in row.finding.message


@pytest.mark.parametrize(("changes", "code"), [({}, 0), ({"iam__get_role": role(None)}, 1)])
def should_exit_with_1_on_a_difference(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    code: int,
) -> None:
    environment = running(deployed, **changes)
    monkeypatch.setattr(command, "open_environment", lambda name: environment)
    monkeypatch.setattr(sys, "argv", ["ops", "verify", "--env", "dev"])
    try:
        found = commands.main()
    except SystemExit as done:
        found = int(done.code or 0)
    said = capsys.readouterr()
    assert found == code
    if code:
        assert "1 of 30 checks found a difference" in said.err
        assert "roles: permissions boundary: found not by-hand, hosting-role, declared arn:aws:iam" in said.out
        assert "[VERIFY-BOUNDARY, identity.permissions_boundary]" in said.out
    else:
        assert "30 checks, 0 warnings: what runs is what is declared." in said.out


def should_compare_a_serverless_variants_limits_in_place_of_machines_and_scaling(deployed: Deployed) -> None:
    limits = {"memory_mb": 2048, "max_concurrency": 5, "provisioned_concurrency": 1}
    variant = {"model": "reviews", "candidate": "linear", "serverless": limits}
    settings = Endpoint.model_validate({"mode": "serverless", "variants": {"linear": variant}})
    as_declared = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 1}
    for other, verdict in (
        ({}, Verdict.OK),
        ({"MemorySizeInMB": 4096}, Verdict.ERROR),
        ({"ProvisionedConcurrency": 0}, Verdict.ERROR),
    ):
        config = configuration()
        config["ProductionVariants"][0] |= {"ServerlessConfig": {**as_declared, **other}}
        environment = running(deployed, sagemaker__describe_endpoint_config=config)
        environment.platform = environment.platform.model_copy(update={"endpoints": {"reviews": settings}})
        found = {row.check: row for row in verify(environment, "reviews")}
        assert found["reviews/linear: machine"].verdict is verdict
        assert not [name for name in found if "scaling" in name or "instances" in name or "schedules" in name]


@pytest.mark.parametrize(
    ("weight", "count", "different"),
    [(0.2, 1, set()), (0.4, 1, {"VERIFY-SHADOW"}), (0.2, 2, {"VERIFY-INSTANCES"})],
)
def should_find_a_shadow_whose_share_or_number_an_update_kept(
    deployed: Deployed, weight: float, count: int, different: set[str]
) -> None:
    shadow = {"name": "xgboost", "model": "reviews", "candidate": "xgboost", "sampling_percent": 20}
    linear = {"model": "reviews", "candidate": "linear", "instances": 4}
    settings = Endpoint.model_validate({"variants": {"linear": linear}, "shadow": shadow})
    of_linear = {"VariantName": "linear", "CurrentWeight": 1.0, "CurrentInstanceCount": 4}
    of_shadow = {"VariantName": "xgboost", "CurrentWeight": weight, "CurrentInstanceCount": count}
    described = endpoint(ProductionVariants=[of_linear], ShadowProductionVariants=[of_shadow])
    environment = running(deployed, sagemaker__describe_endpoint=described)
    environment.platform = environment.platform.model_copy(update={"endpoints": {"reviews": settings}})
    found = {row.finding.rule: row.finding for row in verify(environment, "reviews") if row.finding}
    looked_at = {"VERIFY-SHADOW", "VERIFY-INSTANCES", "VERIFY-WEIGHTS"}
    assert found.keys() & looked_at == different
    assert all("add it again" in found[rule].fix for rule in different)


@pytest.mark.parametrize(("declared", "said"), [(True, "can reach a network"), (False, "reach no network")])
def should_say_which_way_isolation_differs(declared: bool, said: str) -> None:
    running: Any = SimpleNamespace(
        stack=SimpleNamespace(value=lambda value: value),
        declared_model=lambda variant: {"EnableNetworkIsolation": declared},
        running_model=lambda variant: {"EnableNetworkIsolation": not declared},
    )
    assert said in hosting._isolation(running, "linear").message
