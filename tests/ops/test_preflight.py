"""The preflight: all is well, each thing that is not, and that nothing unanswered passes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import yaml
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from config import Platform
from config.load import ENVIRONMENTS
from ops import __main__ as commands
from ops.checks.cloud import Cloud
from ops.checks.row import Row, Verdict
from ops.preflight import account, keys
from ops.preflight import trail as trail_checks
from ops.preflight.report import preflight
from stacks.constructs.audit_trail import selectors
from stacks.permissions.keys import for_log_groups, for_notifications, for_trail
from stacks.values.account import Account
from tests.ops.conftest import Deployed, refused, services
from tests.ops.well_prepared import (
    BROUGHT,
    ENOUGH,
    GATEWAY,
    LOGGING_ROLE,
    OWN,
    RECORDED,
    REGION,
    SERVICES,
    SHARED,
    SUBNETS,
    TABLE,
    WELL,
    analyzers,
    attached,
    encryption,
    endpoint,
    endpoints,
    key,
    policy,
    role,
    selector,
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


def rows(deployed: Deployed, settings: dict[str, Any], **changes: Any) -> dict[str, Row]:
    """Rows by rule; the worst of each. `changes` are other answers."""
    deployed.platform = platform(**settings)
    deployed.clients = services(WELL, changes)
    found: dict[str, Row] = {}
    for row in preflight(deployed):
        id = row.finding.rule if row.finding else row.check
        if row.verdict is not Verdict.OK or id not in found:
            found[id] = row
    return found


@pytest.mark.parametrize("settings", [OWN, SHARED, BROUGHT], ids=["own", "shared", "brought"])
def should_find_nothing_wrong_where_all_is_well(deployed: Deployed, settings: dict[str, Any]) -> None:
    found = rows(deployed, settings)
    assert len(found) > 12
    assert {row.verdict for row in found.values()} == {Verdict.OK}


NOT_FOUND = refused("InvalidVpcID.NotFound")
ENDPOINTS = "network.existing.endpoints_security_group_id"
ANALYZER, API_ROLE = "audit.access_analyzer", "front_door.api_logging_role"
UNUSED_ACCESS = ("unused", "ACCOUNT_UNUSED_ACCESS", "ACTIVE")
OTHER_ROLE = "arn:aws:iam::111122223333:role/api-logs"
TRAIL_PATH, KEY_PATH = "audit.trail.arn", "keys.notifications"
PUBLIC = [table(Main=True), table("rtb-public", "igw-1", SubnetId=SUBNETS[1])]
LAMBDA = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 119}}

IMPAIRED = {"AvailabilityZones": [{"ZoneName": f"{REGION}{zone}", "State": "impaired"} for zone in "ab"]}

# rule, setting, what AWS answers instead, what is found
ERRORS: list[tuple[str, str, dict[str, Any], str]] = [
    ("ACCOUNT", "account", {"sts__get_caller_identity": {"Account": "999988887777"}}, "999988887777"),
    ("ACCOUNT", "account", {"sts__get_caller_identity": refused("ExpiredToken")}, "not signed in"),
    ("ACCOUNT", "account", {"sts__get_caller_identity": NoCredentialsError()}, "not signed in"),
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
    ("KEY-USABLE", "keys.notifications", {"kms__describe_key": refused("NotFoundException")}, "absent"),
    (
        "KEY-USABLE",
        "keys.notifications",
        {"kms__describe_key": key(KeyState="PendingDeletion")},
        "KeyState PendingDeletion",
    ),
    ("KEY-USABLE", "keys.notifications", {"kms__describe_key": key(KeySpec="RSA_2048")}, "KeySpec RSA_2048"),
    ("KEY-USABLE", "keys.notifications", {"kms__describe_key": key(KeyManager="AWS")}, "KeyManager AWS"),
    (
        "KEY-USABLE",
        "keys.notifications",
        {"kms__get_key_rotation_status": {"KeyRotationEnabled": False}},
        "not rotated",
    ),
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
    ("BOOTSTRAP-LIMITS", "identity.bootstrap_qualifier", {"iam__get_role": refused("NoSuchEntity")}, "no role"),
    (
        "SUBNET-PRIVATE",
        "network.existing.subnets.1.id",
        {"ec2__describe_route_tables": {"RouteTables": []}},
        "no route table",
    ),
    (
        "KEY-SERVICES",
        KEY_PATH,
        {"kms__get_key_policy": policy({"Service": [f"logs.{REGION}.amazonaws.com", "sns.amazonaws.com"]})},
        "without cloudwatch.amazonaws.com, events.amazonaws.com",
    ),
    (
        "KEY-SERVICES",
        KEY_PATH,
        {"kms__get_key_policy": policy("*", effect="Deny")},
        "without cloudwatch.amazonaws.com, events.amazonaws.com, sns.amazonaws.com",
    ),
    ("ANALYZER-EXISTS", ANALYZER, {"accessanalyzer__list_analyzers": analyzers()}, "absent"),
    ("ANALYZER-EXISTS", ANALYZER, {"accessanalyzer__list_analyzers": analyzers(UNUSED_ACCESS)}, "absent"),
    (
        "ANALYZER-EXISTS",
        ANALYZER,
        {"accessanalyzer__list_analyzers": analyzers(("other", "ACCOUNT", "DISABLED"))},
        "other DISABLED",
    ),
    ("API-LOGGING-ROLE", API_ROLE, {"apigateway__get_account": {}}, "none"),
    ("API-LOGGING-ROLE", API_ROLE, {"apigateway__get_account": {"cloudwatchRoleArn": OTHER_ROLE}}, OTHER_ROLE),
    ("API-LOGGING-ROLE", API_ROLE, {"iam__get_role": refused("NoSuchEntity")}, "absent"),
    ("API-LOGGING-ROLE", API_ROLE, {"iam__get_role": role("lambda.amazonaws.com")}, "not trusting"),
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
        ("BOUNDARY-EXISTS", "identity.permissions_boundary", {"iam__get_policy": refused("NoSuchEntity")}, "absent"),
        ("ENDPOINT-SERVICES", "region", {"ec2__describe_vpc_endpoint_services": {"ServiceDetails": []}}, "sagemaker"),
        ("ZONE-AVAILABLE", "network.availability_zones", {"ec2__describe_availability_zones": IMPAIRED}, "impaired"),
    ],
)
def should_fail_where_a_vpc_of_our_own_cannot_be_made(
    deployed: Deployed, rule: str, path: str, answers: dict[str, Any], expected: str
) -> None:
    _says(rows(deployed, OWN, **answers)[rule], Verdict.ERROR, path, expected)


def should_fail_where_the_account_has_an_analyzer_and_one_is_to_be_made(deployed: Deployed) -> None:
    others = analyzers(("other", "ACCOUNT", "DISABLED"))
    _says(
        rows(deployed, OWN, accessanalyzer__list_analyzers=others)["ANALYZER-CLASH"], Verdict.ERROR, ANALYZER, "other"
    )
    beside = analyzers(UNUSED_ACCESS, ("organisation", "ORGANIZATION", "ACTIVE"))
    assert "ANALYZER-CLASH" not in rows(deployed, OWN, accessanalyzer__list_analyzers=beside)


def should_take_an_organisations_analyzer_for_one_that_exists(deployed: Deployed) -> None:
    organisations = analyzers(("organisation", "ORGANIZATION", "ACTIVE"))
    assert "ANALYZER-EXISTS" not in rows(deployed, BROUGHT, accessanalyzer__list_analyzers=organisations)


def should_warn_before_the_accounts_logging_role_is_replaced(deployed: Deployed) -> None:
    row = rows(deployed, OWN, apigateway__get_account={"cloudwatchRoleArn": OTHER_ROLE})["API-LOGGING-CLASH"]
    _says(row, Verdict.WARNING, API_ROLE, OTHER_ROLE)
    assert row.finding and OTHER_ROLE in row.finding.fix
    for own in ({}, {"cloudwatchRoleArn": LOGGING_ROLE}):
        assert "API-LOGGING-CLASH" not in rows(deployed, OWN, apigateway__get_account=own)


S3 = f"com.amazonaws.{REGION}.s3"


@pytest.mark.parametrize(
    ("rule", "path", "answers", "expected"),
    [
        (
            "ROUTE-TABLES",
            "network.existing.route_table_ids",
            {"ec2__describe_route_tables": {"RouteTables": [table(Main=True), table("rtb-b", SubnetId=SUBNETS[1])]}},
            "without rtb-b",
        ),
        (
            "ENDPOINT-CLASH",
            "network.existing.vpc_id",
            {"ec2__describe_vpc_endpoints": endpoints(endpoint(SERVICES[0]))},
            f"{GATEWAY} ({SERVICES[0]})",
        ),
        ("ENDPOINT-CLASH", "network.existing.vpc_id", {"ec2__describe_vpc_endpoints": endpoints(endpoint(S3))}, S3),
        (
            "QUOTA-ENDPOINTS",
            "network",
            {
                "ec2__describe_vpc_endpoints": endpoints(*[endpoint("com.amazonaws.eu-west-1.ssm")] * 11, endpoint(S3)),
                "service-quotas__get_service_quota": {"Quota": {"Value": 20}},
            },
            "9 free",
        ),
    ],
)
def should_fail_where_endpoints_of_our_own_cannot_be_made(
    deployed: Deployed, rule: str, path: str, answers: dict[str, Any], expected: str
) -> None:
    _says(rows(deployed, SHARED, **answers)[rule], Verdict.ERROR, path, expected)


@pytest.mark.parametrize(
    "other",
    [
        endpoint("com.amazonaws.eu-west-1.ssm"),
        endpoint(SERVICES[0], PrivateDnsEnabled=False),
        endpoint(SERVICES[0], State="deleted"),
        endpoint(S3, RouteTableIds=["rtb-other"]),
    ],
)
def should_leave_endpoints_that_do_not_clash(deployed: Deployed, other: dict[str, Any]) -> None:
    assert "ENDPOINT-CLASH" not in rows(deployed, SHARED, ec2__describe_vpc_endpoints=endpoints(other))


def should_know_its_own_endpoints_after_the_deployment(deployed: Deployed) -> None:
    made = {"PhysicalResourceId": GATEWAY, "ResourceType": "AWS::EC2::VPCEndpoint"}
    answers: dict[str, Any] = {
        "ec2__describe_vpc_endpoints": endpoints(*[endpoint(SERVICES[0])] * 20),
        "cloudformation__list_stack_resources": {"StackResourceSummaries": [made]},
    }
    assert {"ENDPOINT-CLASH", "QUOTA-ENDPOINTS"} <= rows(deployed, SHARED, **answers).keys()
    deployed.stacks = {"network": {}}
    assert not {"ENDPOINT-CLASH", "QUOTA-ENDPOINTS"} & rows(deployed, SHARED, **answers).keys()


@pytest.mark.parametrize("settings", [SHARED, BROUGHT], ids=["shared", "brought"])
def should_say_what_is_wrong_where_neither_vpc_nor_subnets_exist(deployed: Deployed, settings: dict[str, Any]) -> None:
    nothing: dict[str, Any] = {
        "ec2__describe_route_tables": {"RouteTables": []},
        "ec2__describe_subnets": refused("InvalidSubnetID.NotFound"),
        "ec2__describe_vpcs": NOT_FOUND,
    }
    found = rows(deployed, settings, **nothing)
    for rule in ("VPC-EXISTS", "SUBNET-EXISTS", "SUBNET-PRIVATE", "SUBNET-ROOM", "ROUTE-TABLE"):
        assert found[rule].verdict is Verdict.ERROR
    table = found["ROUTE-TABLE"].finding
    assert table and "correct `vpc_id`" in table.fix


@pytest.mark.parametrize(
    ("policies", "expected", "said"),
    [
        (attached(":aws:policy/AdministratorAccess"), "AdministratorAccess", "a deployment works, but nothing limits"),
        (attached("identity", "network", ":aws:policy/ReadOnlyAccess"), "ReadOnlyAccess", "not the platform's own"),
        (attached(), "none", "not the platform's own"),
        (attached("identity"), "deploy-network", "a deployment may not do"),
    ],
)
def should_warn_of_other_limits_than_the_platforms(
    deployed: Deployed, policies: dict[str, Any], expected: str, said: str
) -> None:
    row = rows(deployed, OWN, iam__list_attached_role_policies=policies)["BOOTSTRAP-LIMITS"]
    _says(row, Verdict.WARNING, "identity.bootstrap_qualifier", expected)
    assert row.finding and said in row.finding.message
    assert "make bootstrap ENV=dev" in row.finding.fix


@pytest.mark.parametrize("type", RECORDED)
def should_warn_of_a_trail_that_does_not_record_what_ours_would(deployed: Deployed, type: str) -> None:
    others = [selector(other) for other in RECORDED if other != type]
    for found in (others, [*others, selector(type, "NetworkActivity")]):
        answer = {"cloudtrail__get_event_selectors": {"AdvancedEventSelectors": found, "EventSelectors": None}}
        _says(rows(deployed, BROUGHT, **answer)["TRAIL-EVENTS"], Verdict.WARNING, TRAIL_PATH, f"without {type}")


def should_read_a_trails_basic_selectors_as_well(deployed: Deployed) -> None:
    basic = {"DataResources": [{"Type": type, "Values": ["arn:aws:s3"]} for type in RECORDED]}
    answer = {"cloudtrail__get_event_selectors": {"EventSelectors": [basic]}}
    assert "TRAIL-EVENTS" not in rows(deployed, BROUGHT, **answer)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def should_take_everybody_for_the_services_too(deployed: Deployed, principal: Any) -> None:
    assert "KEY-SERVICES" not in rows(deployed, BROUGHT, kms__get_key_policy=policy(principal))


def should_not_ask_an_unused_key_to_let_services_in(deployed: Deployed) -> None:
    keys = {"keys": {"trail": BROUGHT["keys"]["data"]}}
    nobody: dict[str, Any] = {"kms__get_key_policy": policy()}
    assert rows(deployed, {**OWN, **keys}, **nobody)["KEY-SERVICES"].found.startswith("without cloudtrail")
    assert "KEY-SERVICES" not in rows(deployed, {**BROUGHT, **keys}, **nobody)


def should_name_the_services_that_our_own_keys_let_in() -> None:
    here = Account("aws", "111122223333", REGION)
    ours = {
        "logs": for_log_groups(here, "n"),
        "trail": for_trail(here, "n"),
        "notifications": for_notifications(here, "n"),
    }
    principals = {name: [its.principal for its in statements] for name, statements in ours.items()}
    named = {name: {its["Service"] for its in all if its != "*"} for name, all in principals.items()}
    assert named == {name: {its.format(region=REGION) for its in services} for name, services in keys.SERVICES.items()}


def should_ask_of_a_trail_what_ours_records() -> None:
    types = set()
    for its in selectors(Account("aws", "111122223333", REGION), "n"):
        fields: Any = its.field_selectors
        types |= {type for field in fields if field.field == "resources.type" for type in field.equal_to}
    assert types == set(trail_checks.RECORDED)


def should_ask_who_and_where_in_a_region_that_is_always_on(deployed: Deployed) -> None:
    rows(deployed, OWN)
    assert (deployed.asked["sts"], deployed.asked["ec2"], deployed.asked["kms"]) == ("us-east-1", "us-east-1", None)
    of_another_partition = next(account.checks(platform(region="us-gov-west-1")))
    of_another_partition.ask(Cloud(deployed))
    assert deployed.asked["sts"] == "us-gov-west-1"


def should_ask_nothing_more_of_another_account(deployed: Deployed) -> None:
    found = rows(deployed, BROUGHT, sts__get_caller_identity={"Account": "999988887777"})
    assert list(found) == ["ACCOUNT"]
    assert found["ACCOUNT"].finding and "AWS_PROFILE, aws sso login" in found["ACCOUNT"].finding.fix


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
    models = yaml.safe_load((ENVIRONMENTS / "dev.yaml").read_text("utf-8"))["models"]
    row = rows(deployed, {**OWN, "models": {**models, "second": models["reviews"]}})["QUOTA-INSTANCES"]
    assert (row.verdict, row.needed) == (Verdict.WARNING, "4, at least 2")


def should_take_awss_default_where_no_quota_is_applied_and_doubt_one_that_is_not_listed(deployed: Deployed) -> None:
    nothing: dict[str, Any] = {"service-quotas__list_service_quotas": {"Quotas": []}}
    assert rows(deployed, OWN, **nothing)["QUOTA-INSTANCES"].found == "not listed"
    assert rows(deployed, OWN, **nothing)["QUOTA-INSTANCES"].verdict is Verdict.WARNING
    defaults = {"service-quotas__list_aws_default_service_quotas": ENOUGH}
    assert "QUOTA-INSTANCES" not in rows(deployed, OWN, **nothing, **defaults)


def _no_scaling_role(RoleName: str) -> Any:  # noqa: N803
    return {"Role": {}} if RoleName.startswith("cdk-") else refused("NoSuchEntity")


def should_warn_of_what_may_go_wrong_later(deployed: Deployed) -> None:
    role = rows(deployed, OWN, iam__get_role=_no_scaling_role)["SCALING-ROLE"]
    _says(role, Verdict.WARNING, "endpoints", "absent")
    assert role.finding and "create-service-linked-role" in role.finding.fix
    toolkit = rows(deployed, OWN, ssm__get_parameter={"Parameter": {"Value": "20"}})["BOOTSTRAP-VERSION"]
    _says(toolkit, Verdict.WARNING, "identity.bootstrap_qualifier", "20")


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), refused("400"), EndpointConnectionError(endpoint_url="https://x")]
)
@pytest.mark.parametrize("settings", [OWN, SHARED, BROUGHT], ids=["own", "shared", "brought"])
def should_never_pass_what_is_not_answered(deployed: Deployed, settings: dict[str, Any], error: Exception) -> None:
    unanswered: dict[str, Any] = {f"{service}__{operation}": error for service, operation in WELL}
    # Without an answer to this one there are no credentials to ask with.
    del unanswered["sts__get_caller_identity"]
    found = rows(deployed, settings, **unanswered)
    assert found.pop("credentials").verdict is Verdict.OK
    assert len(found) > 8
    for row in found.values():
        assert row.verdict is Verdict.WARNING, row
        assert row.found == "not answered"
        assert row.finding and "was not answered by this endpoint" in row.finding.message


@pytest.mark.parametrize("denied", sorted(WELL.keys() - {("sts", "get_caller_identity")}))
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
    monkeypatch.setattr(commands, "Environment", lambda platform, check_account: deployed)
    monkeypatch.setattr(sys, "argv", ["ops", "preflight", "--env", "dev"])
    rows(deployed, OWN, iam__get_role=_no_scaling_role)
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert not ended.value.code
    assert "1 warnings" in capsys.readouterr().out
    rows(deployed, OWN, ssm__get_parameter=refused("ParameterNotFound"))
    assert commands.main() == 1
    said = capsys.readouterr()
    assert "config/environments/dev.yaml: identity.bootstrap_qualifier = 'hnb659fds'" in said.out
    assert said.err.startswith("1 of ")
