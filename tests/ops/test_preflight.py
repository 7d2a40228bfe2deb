"""The preflight: all is well, each thing that is not, and that nothing unanswered passes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import yaml
from botocore.exceptions import EndpointConnectionError

from config import Platform
from config.load import ENVIRONMENTS
from ops import __main__ as commands
from ops.preflight.report import preflight
from ops.preflight.row import Row, Verdict
from tests.ops.conftest import Client, Deployed, refused
from tests.ops.well_prepared import (
    BROUGHT,
    ENOUGH,
    OWN,
    REGION,
    SUBNETS,
    TABLE,
    WELL,
    encryption,
    endpoints,
    key,
    subnet,
    subnets,
    table,
    trail,
    with_quota,
)


def platform(**changes: Any) -> Platform:
    """`dev` with other settings."""
    raw = yaml.safe_load((ENVIRONMENTS / "dev.yaml").read_text("utf-8"))
    return Platform.model_validate({**raw, **changes})


class Service(Client):
    """A client whose every operation answers from a table."""

    def __init__(self, service: str, answers: dict[tuple[str, str], Any]) -> None:
        self._service = service
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = self._answers[self._service, operation]
            answer = answer(**parameters) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def rows(deployed: Deployed, settings: dict[str, Any], **changes: Any) -> dict[str, Row]:
    """Rows by rule; the worst of each. `changes`: `service__operation` -> another answer."""
    answers = dict(WELL)
    for name, answer in changes.items():
        service, _, operation = name.partition("__")
        answers[service, operation] = answer
    deployed.platform = platform(**settings)
    deployed.clients = {service: Service(service, answers) for service, _ in answers}
    found: dict[str, Row] = {}
    for row in preflight(deployed):
        id = row.finding.rule if row.finding else row.check
        if row.verdict is not Verdict.OK or id not in found:
            found[id] = row
    return found


@pytest.mark.parametrize("settings", [OWN, BROUGHT], ids=["own", "brought"])
def should_find_nothing_wrong_where_all_is_well(deployed: Deployed, settings: dict[str, Any]) -> None:
    found = rows(deployed, settings)
    assert len(found) > 12
    assert {row.verdict for row in found.values()} == {Verdict.OK}


NOT_FOUND = refused("InvalidVpcID.NotFound")
ENDPOINTS = "network.existing.endpoints_security_group_id"
PUBLIC = [table(Main=True), table("rtb-public", "igw-1", SubnetId=SUBNETS[1])]
LAMBDA = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 119}}

IMPAIRED = {"AvailabilityZones": [{"ZoneName": f"{REGION}{zone}", "State": "impaired"} for zone in "ab"]}

# rule, setting, what AWS answers instead, what is found
ERRORS: list[tuple[str, str, dict[str, Any], str]] = [
    ("ACCOUNT", "account", {"sts__get_caller_identity": {"Account": "999988887777"}}, "999988887777"),
    ("REGION-ENABLED", "region", {"ec2__describe_regions": {"Regions": [{"OptInStatus": "not-opted-in"}]}}, "not-"),
    ("REGION-ENABLED", "region", {"ec2__describe_regions": refused("NoSuchRegion")}, "unknown"),
    ("ZONE-AVAILABLE", "network.existing.subnets", {"ec2__describe_availability_zones": {"AvailabilityZones": []}}, ""),
    (
        "LAMBDA-CONCURRENCY",
        "front_door.concurrency",
        {"lambda__get_account_settings": LAMBDA},
        "119 unreserved of 1000",
    ),
    ("BOOTSTRAP-VERSION", "identity.bootstrap_qualifier", {"ssm__get_parameter": refused("ParameterNotFound")}, "not"),
    ("BOOTSTRAP-VERSION", "identity.bootstrap_qualifier", {"ssm__get_parameter": {"Parameter": {"Value": "5"}}}, "5"),
    ("BOOTSTRAP-KEY", "identity.bootstrap_qualifier", {"s3__get_bucket_encryption": refused("NoSuchBucket")}, "no b"),
    ("BOOTSTRAP-KEY", "identity.bootstrap_qualifier", {"kms__describe_key": refused("NotFoundException")}, "no key"),
    ("BOOTSTRAP-KEY", "identity.bootstrap_qualifier", {"s3__get_bucket_encryption": encryption()}, "aws:kms"),
    ("BOOTSTRAP-KEY", "identity.bootstrap_qualifier", {"kms__describe_key": key(KeyManager="AWS")}, "AWS, Enabled"),
    ("IMAGE-PUBLISHED", "models.reviews.evaluation.image", {"ecr__batch_get_image": {"images": []}}, "absent"),
    ("VPC-EXISTS", "network.existing.vpc_id", {"ec2__describe_vpcs": NOT_FOUND}, "absent"),
    (
        "VPC-EXISTS",
        "network.existing.vpc_id",
        {"ec2__describe_vpcs": {"Vpcs": [{"CidrBlockAssociationSet": [{"CidrBlock": "10.99.0.0/16"}]}]}},
        "10.99.0.0/16",
    ),
    (
        "VPC-DNS",
        "network.existing.vpc_id",
        {
            "ec2__describe_vpc_attribute": {
                "EnableDnsSupport": {"Value": True},
                "EnableDnsHostnames": {"Value": False},
            }
        },
        "enableDnsHostnames off",
    ),
    ("SUBNET-EXISTS", "network.existing.subnets.1.id", {"ec2__describe_subnets": subnets(subnet(0))}, "absent"),
    (
        "SUBNET-EXISTS",
        "network.existing.subnets.1.id",
        {"ec2__describe_subnets": subnets(subnet(0), subnet(1, VpcId="vpc-other"))},
        "VpcId vpc-other",
    ),
    (
        "SUBNET-EXISTS",
        "network.existing.subnets.1.id",
        {"ec2__describe_subnets": subnets(subnet(0), subnet(1, AvailabilityZone="eu-west-1c"))},
        "AvailabilityZone eu-west-1c",
    ),
    (
        "SUBNET-EXISTS",
        "network.existing.subnets.1.id",
        {"ec2__describe_subnets": subnets(subnet(0), subnet(1, CidrBlock="10.60.32.0/20"))},
        "CidrBlock 10.60.32.0/20",
    ),
    (
        "SUBNET-PRIVATE",
        "network.existing.subnets.1.id",
        {"ec2__describe_route_tables": {"RouteTables": PUBLIC}},
        "igw-1",
    ),
    (
        "SUBNET-PRIVATE",
        "network.existing.subnets.1.id",
        {"ec2__describe_route_tables": {"RouteTables": [table(gateway="igw-2", Main=True)]}},
        "igw-2",
    ),
    (
        "SUBNET-PRIVATE",
        "network.existing.subnets.1.id",
        {"ec2__describe_subnets": subnets(subnet(0), subnet(1, MapPublicIpOnLaunch=True))},
        "public addresses",
    ),
    (
        "SUBNET-ROOM",
        "network.existing.subnets.1.id",
        {"ec2__describe_subnets": subnets(subnet(0), subnet(1, AvailableIpAddressCount=3))},
        "3 free",
    ),
    (
        "ROUTE-TABLE",
        "network.existing.route_table_ids.0",
        {"ec2__describe_route_tables": {"RouteTables": [table("rtb-other", Main=True)]}},
        "of no named subnet",
    ),
    (
        "ENDPOINT-S3",
        "network.existing.s3_endpoint_id",
        {"ec2__describe_vpc_endpoints": endpoints(interface={})},
        "absent",
    ),
    (
        "ENDPOINT-S3",
        "network.existing.s3_endpoint_id",
        {"ec2__describe_vpc_endpoints": endpoints(gateway={"VpcId": "vpc-other"}, interface={})},
        "vpc-other",
    ),
    (
        "ENDPOINT-S3",
        "network.existing.s3_endpoint_id",
        {"ec2__describe_vpc_endpoints": endpoints(gateway={"RouteTableIds": []}, interface={})},
        f"not on {TABLE}",
    ),
    ("ENDPOINT-GROUP", ENDPOINTS, {"ec2__describe_security_groups": refused("InvalidGroup.NotFound")}, "absent"),
    (
        "ENDPOINT-GROUP",
        ENDPOINTS,
        {"ec2__describe_security_groups": {"SecurityGroups": [{"VpcId": "vpc-other"}]}},
        "vpc-",
    ),
    ("ENDPOINT-INTERFACE", ENDPOINTS, {"ec2__describe_vpc_endpoints": endpoints(gateway={})}, "absent"),
    (
        "ENDPOINT-INTERFACE",
        ENDPOINTS,
        {"ec2__describe_vpc_endpoints": endpoints(gateway={}, interface={"PrivateDnsEnabled": False})},
        "absent",
    ),
    (
        "ENDPOINT-INTERFACE",
        ENDPOINTS,
        {"ec2__describe_vpc_endpoints": endpoints(gateway={}, interface={"Groups": [{"GroupId": "sg-other"}]})},
        "another group",
    ),
    ("KEY-USABLE", "keys.data", {"kms__describe_key": refused("NotFoundException")}, "absent"),
    ("KEY-USABLE", "keys.data", {"kms__describe_key": key(KeyState="PendingDeletion")}, "KeyState PendingDeletion"),
    ("KEY-USABLE", "keys.data", {"kms__describe_key": key(KeySpec="RSA_2048")}, "KeySpec RSA_2048"),
    ("KEY-USABLE", "keys.data", {"kms__describe_key": key(KeyManager="AWS")}, "KeyManager AWS"),
    ("KEY-USABLE", "keys.data", {"kms__get_key_rotation_status": {"KeyRotationEnabled": False}}, "not rotated"),
    ("TRAIL-USABLE", "audit.trail.arn", {"cloudtrail__get_trail": refused("TrailNotFoundException")}, "absent"),
    ("TRAIL-USABLE", "audit.trail.arn", {"cloudtrail__get_trail_status": {"IsLogging": False}}, "without logging"),
    ("TRAIL-USABLE", "audit.trail.arn", {"cloudtrail__get_trail": trail(IsMultiRegionTrail=False)}, "multi-region"),
    ("TRAIL-USABLE", "audit.trail.arn", {"cloudtrail__get_trail": trail(KmsKeyId=None)}, "customer key"),
    ("TRAIL-USABLE", "audit.trail.arn", {"cloudtrail__get_trail": trail(LogFileValidationEnabled=False)}, "log-file"),
    (
        "TRAIL-LOG-GROUP",
        "audit.trail.log_group",
        {"logs__describe_log_groups": {"logGroups": [{"logGroupName": "organisation-2"}]}},
        "absent",
    ),
    ("BOUNDARY-EXISTS", "identity.permissions_boundary", {"iam__get_policy": refused("NoSuchEntity")}, "absent"),
    ("PROVIDER-EXISTS", "identity.ci.provider_arn", {"iam__get_open_id_connect_provider": refused("NoSuchEntity")}, ""),
    (
        "PROVIDER-EXISTS",
        "identity.ci.provider_arn",
        {"iam__get_open_id_connect_provider": {"Url": "https://gitlab.com", "ClientIDList": ["sts.amazonaws.com"]}},
        "https://gitlab.com",
    ),
    (
        "PROVIDER-EXISTS",
        "identity.ci.provider_arn",
        {
            "iam__get_open_id_connect_provider": {
                "Url": "https://token.actions.githubusercontent.com",
                "ClientIDList": ["other"],
            }
        },
        "other",
    ),
]


@pytest.mark.parametrize(("rule", "path", "answers", "expected"), ERRORS)
def should_fail_where_a_deployment_would(
    deployed: Deployed, rule: str, path: str, answers: dict[str, Any], expected: str
) -> None:
    _says(rows(deployed, BROUGHT, **answers)[rule], Verdict.ERROR, path, expected)


def _says(row: Row, verdict: Verdict, path: str, expected: str) -> None:
    assert row.verdict is verdict
    assert expected in row.found
    assert row.finding
    assert row.finding.path == path
    assert row.finding.message and row.finding.fix


@pytest.mark.parametrize(
    ("rule", "path", "answers", "expected"),
    [
        ("QUOTA-VPC", "network.cidr", {"service-quotas__get_service_quota": {"Quota": {"Value": 1}}}, "0 free"),
        ("QUOTA-ADDRESSES", "network.internet", {"service-quotas__get_service_quota": {"Quota": {"Value": 1}}}, "1 fr"),
        ("QUOTA-ENDPOINTS", "network", {"service-quotas__get_service_quota": {"Quota": {"Value": 2}}}, "2 free"),
        ("ENDPOINT-SERVICES", "region", {"ec2__describe_vpc_endpoint_services": {"ServiceDetails": []}}, "sagemaker"),
        ("ZONE-AVAILABLE", "network.availability_zones", {"ec2__describe_availability_zones": IMPAIRED}, "impaired"),
    ],
)
def should_fail_where_a_vpc_of_our_own_cannot_be_made(
    deployed: Deployed, rule: str, path: str, answers: dict[str, Any], expected: str
) -> None:
    _says(rows(deployed, OWN, **answers)[rule], Verdict.ERROR, path, expected)


def should_count_what_is_deployed_as_its_own(deployed: Deployed) -> None:
    deployed.stacks = {"network": {}, "front-door": {}}
    full = {"service-quotas__get_service_quota": {"Quota": {"Value": 20}}, "ec2__describe_vpcs": {"Vpcs": [{}] * 20}}
    none: dict[str, Any] = {"ec2__describe_vpc_endpoint_services": {"ServiceDetails": []}}
    assert [row for row in rows(deployed, OWN, **full, **none).values() if row.verdict is not Verdict.OK] == []
    reserved = rows(deployed, BROUGHT, lambda__get_account_settings=LAMBDA)["LAMBDA-CONCURRENCY"]
    assert reserved.verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        # Two variants of 2 to 4 instances, and blue/green doubles: 8 to roll out at all, 16 at full scale.
        ("ml.m5.large for endpoint usage", 7, Verdict.ERROR),
        ("ml.m5.large for endpoint usage", 8, Verdict.WARNING),
        ("ml.m5.large for endpoint usage", 15, Verdict.WARNING),
        ("ml.m5.xlarge for training job usage", 0, Verdict.ERROR),
        ("ml.m5.2xlarge for training job usage", 0, Verdict.ERROR),
        # Two evaluations at once.
        ("ml.m5.xlarge for processing job usage", 1, Verdict.ERROR),
    ],
)
def should_compare_quotas_with_what_the_configuration_may_run(
    deployed: Deployed, name: str, value: float, verdict: Verdict
) -> None:
    answers = {"service-quotas__list_service_quotas": with_quota(name, value)}
    row = rows(deployed, OWN, **answers)["QUOTA-INSTANCES"]
    _says(row, verdict, "endpoints" if "endpoint" in name else "models", f"{value:g}")
    assert row.check == f"quota {name}"


def should_only_warn_where_one_model_fits_but_not_all_at_once(deployed: Deployed) -> None:
    models = {name: settings.model_dump() for name, settings in platform(**OWN).models.items()}
    row = rows(deployed, {**OWN, "models": {**models, "second": models["reviews"]}})["QUOTA-INSTANCES"]
    assert (row.verdict, row.needed) == (Verdict.WARNING, "4, at least 2")


def should_take_awss_default_where_no_quota_is_applied_and_doubt_one_that_is_not_listed(deployed: Deployed) -> None:
    nothing: dict[str, Any] = {"service-quotas__list_service_quotas": {"Quotas": []}}
    assert rows(deployed, OWN, **nothing)["QUOTA-INSTANCES"].found == "not listed"
    assert rows(deployed, OWN, **nothing)["QUOTA-INSTANCES"].verdict is Verdict.WARNING
    defaults = {"service-quotas__list_aws_default_service_quotas": ENOUGH}
    assert "QUOTA-INSTANCES" not in rows(deployed, OWN, **nothing, **defaults)


def should_warn_of_what_may_go_wrong_later(deployed: Deployed) -> None:
    role = rows(deployed, OWN, iam__get_role=refused("NoSuchEntity"))["SCALING-ROLE"]
    _says(role, Verdict.WARNING, "endpoints", "absent")
    assert role.finding and "create-service-linked-role" in role.finding.fix
    toolkit = rows(deployed, OWN, ssm__get_parameter={"Parameter": {"Value": "20"}})["BOOTSTRAP-VERSION"]
    _says(toolkit, Verdict.WARNING, "identity.bootstrap_qualifier", "20")


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), refused("400"), EndpointConnectionError(endpoint_url="https://x")]
)
@pytest.mark.parametrize("settings", [OWN, BROUGHT], ids=["own", "brought"])
def should_never_pass_what_is_not_answered(deployed: Deployed, settings: dict[str, Any], error: Exception) -> None:
    unanswered: dict[str, Any] = {f"{service}__{operation}": error for service, operation in WELL}
    for row in rows(deployed, settings, **unanswered).values():
        assert row.verdict is Verdict.WARNING, row
        assert row.found == "not answered"
        assert row.finding and "was not answered by this endpoint" in row.finding.message


@pytest.mark.parametrize("denied", sorted(WELL))
def should_say_which_call_was_denied(deployed: Deployed, denied: tuple[str, str]) -> None:
    said = []
    for settings in (OWN, BROUGHT):
        found = rows(deployed, settings, **{"__".join(denied): refused("AccessDenied")}).values()
        said += [row.finding.message for row in found if row.finding and row.verdict is Verdict.WARNING]
    action = f"{denied[0]}:{''.join(word.capitalize() for word in denied[1].split('_'))}"
    assert any(message.startswith(action) for message in said)


def should_end_with_1_when_a_check_fails_and_with_0_when_one_only_warns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], deployed: Deployed
) -> None:
    monkeypatch.setattr(commands, "_environment", lambda name: deployed)
    monkeypatch.setattr(sys, "argv", ["ops", "preflight", "--env", "dev"])
    rows(deployed, OWN, iam__get_role=refused("NoSuchEntity"))
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert not ended.value.code
    assert "1 warnings" in capsys.readouterr().out
    rows(deployed, OWN, ssm__get_parameter=refused("ParameterNotFound"))
    assert commands.main() == 1
    said = capsys.readouterr()
    assert "config/environments/dev.yaml: identity.bootstrap_qualifier = 'hnb659fds'" in said.out
    assert said.err.startswith("1 of ")
