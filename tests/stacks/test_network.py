"""The network stack: one property of its template for each control, and its endpoints' policies as IAM decides."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import fields
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import catalogue
from config.schema import FrontDoor
from config.schema import Network as Settings
from review.iam import Deployed, Kind, Policies, Policy, Principal, Request, evaluate
from stacks.constructs.isolated_vpc import layout
from stacks.network import Network
from stacks.permissions import endpoints
from stacks.permissions.boundary import boundary
from stacks.permissions.statement import policy
from stacks.values.account import Account
from stacks.values.assets import Assets
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.key_arns import KeyArns
from tests.stacks.resources import of_type

ACCOUNT = Account("aws", "111122223333", "eu-west-1")
IDENTITY = Identity(ACCOUNT, "/ashlar/dev/", "arn:aws:iam::111122223333:policy/boundary")
IMAGES = [ImageRepository("141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0")]
LOGS_KEY = ACCOUNT.arn("kms", "key/00000000-0000-0000-0000-000000000002")
S3_LIST = "pl-6da54004"
ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
OWN = {"cidr": "10.20.0.0/16", "availability_zones": ZONES, "s3_read_buckets": ["jumpstart-cache-prod-eu-west-1"]}
NAT = {**OWN, "internet": "nat"}
SUBNETS = [
    {"id": f"subnet-0123456789abcdef{n}", "availability_zone": zone, "cidr": f"10.0.{n}.0/24"}
    for n, zone in enumerate([*ZONES, ZONES[0]])
]
EXISTING = {
    "vpc_id": "vpc-0123456789abcdef0",
    "cidr": "10.0.0.0/16",
    "subnets": SUBNETS,
    "route_table_ids": ["rtb-0123456789abcdef0"],
}
GIVEN = {"s3_endpoint_id": "vpce-0123456789abcdef0", "endpoints_security_group_id": "sg-0123456789abcdef0"}
VARIANTS = {"own": OWN, "nat": NAT, "existing": {"existing": EXISTING}, "endpoints": {"existing": EXISTING | GIVEN}}
ANYWHERE = ("0.0.0.0/0", "::/0")


def key(number: int) -> str:
    return ACCOUNT.arn("kms", f"key/00000000-0000-0000-0000-{number:012d}")


def build(variant: str) -> Network:
    context = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"]
    app = cdk.App(builtin_cloud_formation_validation=False, stack_traces=False, context=context)
    return Network(
        app,
        "ashlar-dev-network",
        name="ashlar-dev",
        settings=Settings.model_validate(VARIANTS[variant]),
        front_door=FrontDoor(),
        identity=IDENTITY,
        images=IMAGES,
        assets=Assets(Path(tempfile.mkdtemp()), "hnb659fds"),
        s3_prefix_list=S3_LIST,
        keys=KeyArns(**{each.name: key(n) for n, each in enumerate(fields(KeyArns), start=1)} | {"logs": LOGS_KEY}),
        log_retention_days=400,
        dead_letters_arn=ACCOUNT.arn("sqs", "ashlar-dev-dead-letters"),
        env=cdk.Environment(account=ACCOUNT.id, region=ACCOUNT.region),
    )


@cache
def synthesized(variant: str) -> dict[str, Any]:
    stack = build(variant)
    template: dict[str, Any] = stack.node.root.synth().get_stack_by_name(stack.stack_name).template  # type: ignore[attr-defined]
    return template


@pytest.fixture(params=VARIANTS)
def any_variant(request: pytest.FixtureRequest) -> dict[str, Any]:
    return synthesized(request.param)


@pytest.fixture
def own() -> dict[str, Any]:
    return synthesized("own")


@pytest.fixture
def nat() -> dict[str, Any]:
    return synthesized("nat")


def properties(template: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in of_type(template, type)]


def logical_id(template: dict[str, Any], type: str) -> str:
    (found,) = [str(id) for id, resource in template["Resources"].items() if resource["Type"] == type]
    return found


def types(template: dict[str, Any]) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}


def rules(template: dict[str, Any], direction: str) -> list[dict[str, Any]]:
    """Of groups, and as resources of their own."""
    inline = [
        r for g in properties(template, "AWS::EC2::SecurityGroup") for r in g.get(f"SecurityGroup{direction}", [])
    ]
    return inline + properties(template, f"AWS::EC2::SecurityGroup{direction}")


def group(template: dict[str, Any], description: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """How others refer to the group, and its properties."""
    (found,) = [
        (id, resource["Properties"])
        for id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::EC2::SecurityGroup" and resource["Properties"]["GroupDescription"] == description
    ]
    return {"Fn::GetAtt": [found[0], "GroupId"]}, found[1]


# --- The VPC ----------------------------------------------------------------------------------------------------------


def should_resolve_endpoints_by_their_private_names(own: dict[str, Any]) -> None:
    (vpc,) = properties(own, "AWS::EC2::VPC")
    assert vpc["EnableDnsSupport"] is vpc["EnableDnsHostnames"] is True
    interfaces = [e for e in properties(own, "AWS::EC2::VPCEndpoint") if e["VpcEndpointType"] == "Interface"]
    assert all(endpoint["PrivateDnsEnabled"] is True for endpoint in interfaces)


def should_give_no_subnet_public_addresses(nat: dict[str, Any]) -> None:
    assert len(properties(nat, "AWS::EC2::Subnet")) == 6
    assert all(subnet["MapPublicIpOnLaunch"] is False for subnet in properties(nat, "AWS::EC2::Subnet"))


def should_have_one_private_subnet_in_each_configured_zone(own: dict[str, Any]) -> None:
    assert [subnet["AvailabilityZone"] for subnet in properties(own, "AWS::EC2::Subnet")] == ZONES


def should_have_no_way_to_the_internet_by_default(own: dict[str, Any]) -> None:
    ways = {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EgressOnlyInternetGateway"}
    assert not types(own) & (ways | {"AWS::EC2::Route", "AWS::EC2::EIP"})


def should_lead_each_zone_through_its_own_nat_gateway(nat: dict[str, Any]) -> None:
    routes = [route for route in properties(nat, "AWS::EC2::Route") if "NatGatewayId" in route]
    assert len({route["RouteTableId"]["Ref"] for route in routes}) == len(ZONES)
    assert len({route["NatGatewayId"]["Ref"] for route in routes}) == len(ZONES)
    zone = {id: r.get("Properties", {}).get("AvailabilityZone") for id, r in nat["Resources"].items()}
    used = {
        a["RouteTableId"]["Ref"]: a["SubnetId"]["Ref"] for a in properties(nat, "AWS::EC2::SubnetRouteTableAssociation")
    }
    for route in routes:
        gateway = nat["Resources"][route["NatGatewayId"]["Ref"]]["Properties"]["SubnetId"]["Ref"]
        assert zone[gateway] == zone[used[route["RouteTableId"]["Ref"]]]


def should_keep_workloads_out_of_the_public_subnets() -> None:
    stack = build("nat")
    template = synthesized("nat")
    to_the_internet = {r["RouteTableId"]["Ref"] for r in properties(template, "AWS::EC2::Route") if "GatewayId" in r}
    public = {
        association["SubnetId"]["Ref"]
        for association in properties(template, "AWS::EC2::SubnetRouteTableAssociation")
        if association["RouteTableId"]["Ref"] in to_the_internet
    }
    placed = {stack.resolve(subnet)["Ref"] for subnet in stack.placement.subnet_ids}
    assert len(public) == len(placed) == len(ZONES)
    assert not public & placed


def should_not_move_the_private_subnets_when_a_way_out_is_added(own: dict[str, Any], nat: dict[str, Any]) -> None:
    cidrs = [subnet["CidrBlock"] for subnet in properties(own, "AWS::EC2::Subnet")]
    assert cidrs == [subnet["CidrBlock"] for subnet in properties(nat, "AWS::EC2::Subnet")][: len(ZONES)]


@given(st.integers(16, 22), st.integers(0, 2**16 - 1), st.integers(2, 3))
def should_split_every_range_into_equal_parts_that_lie_apart(length: int, number: int, zones: int) -> None:
    cidr = IPv4Network((number << 16, 32)).supernet(new_prefix=length)
    split = layout(cidr, zones)
    parts = [*split.private, *split.public]
    assert all(part.subnet_of(cidr) for part in parts)
    assert not any(a.overlaps(b) for n, a in enumerate(parts) for b in parts[:n])
    assert len(split.private) == len(split.public) == zones
    assert {part.prefixlen for part in split.private} == {length + 2}
    assert sum(part.num_addresses for part in split.private) < cidr.num_addresses  # room is left


# --- Security groups --------------------------------------------------------------------------------------------------


def should_admit_nobody_by_address(any_variant: dict[str, Any]) -> None:
    for rule in rules(any_variant, "Ingress"):
        assert "SourceSecurityGroupId" in rule
        assert not {"CidrIp", "CidrIpv6", "SourcePrefixListId"} & set(rule)


@pytest.mark.parametrize("variant", ["own", "existing", "endpoints"])
def should_let_nothing_out_to_anywhere(variant: str) -> None:
    assert not [r for r in rules(synthesized(variant), "Egress") if {r.get("CidrIp"), r.get("CidrIpv6")} & {*ANYWHERE}]


def should_describe_every_group_and_rule(any_variant: dict[str, Any]) -> None:
    assert all(g["GroupDescription"] for g in properties(any_variant, "AWS::EC2::SecurityGroup"))
    assert all(rule["Description"] for way in ("Ingress", "Egress") for rule in rules(any_variant, way))


def should_lead_workloads_to_endpoints_and_s3_only(own: dict[str, Any]) -> None:
    endpoint_group, _ = group(own, "Interface endpoints")
    _, workloads = group(own, "Jobs, models and functions")
    first, second = workloads["SecurityGroupEgress"]
    assert first["DestinationSecurityGroupId"] == endpoint_group
    assert second["DestinationPrefixListId"] == S3_LIST
    assert {(r["IpProtocol"], r["FromPort"], r["ToPort"]) for r in (first, second)} == {("tcp", 443, 443)}


def should_let_the_hosts_of_one_job_talk_to_each_other(own: dict[str, Any]) -> None:
    workloads, _ = group(own, "Jobs, models and functions")
    (egress,) = properties(own, "AWS::EC2::SecurityGroupEgress")
    (ingress,) = [r for r in properties(own, "AWS::EC2::SecurityGroupIngress") if r["GroupId"] == workloads]
    assert egress["GroupId"] == egress["DestinationSecurityGroupId"] == ingress["SourceSecurityGroupId"] == workloads
    assert (ingress["IpProtocol"], egress["IpProtocol"]) == ("tcp", "tcp")


def should_let_endpoints_answer_only(own: dict[str, Any]) -> None:
    endpoint_group, settings = group(own, "Interface endpoints")
    workloads, _ = group(own, "Jobs, models and functions")
    # A group that declares no egress is given one to anywhere.
    assert [rule["CidrIp"] for rule in settings["SecurityGroupEgress"]] == ["127.0.0.1/32"]
    (rule,) = [r for r in properties(own, "AWS::EC2::SecurityGroupIngress") if r["GroupId"] == endpoint_group]
    assert (rule["SourceSecurityGroupId"], rule["FromPort"], rule["ToPort"]) == (workloads, 443, 443)


def should_let_workloads_out_by_https_only_with_a_nat_gateway(nat: dict[str, Any]) -> None:
    (out,) = [rule for rule in rules(nat, "Egress") if rule.get("CidrIp") in ANYWHERE]
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)
    _, endpoint_group = group(nat, "Interface endpoints")
    assert out not in endpoint_group["SecurityGroupEgress"]


def should_close_the_default_group(own: dict[str, Any]) -> None:
    (closed,) = properties(own, "Custom::ClosedDefaultSecurityGroup")
    vpc = logical_id(own, "AWS::EC2::VPC")
    assert closed["GroupId"] == {"Fn::GetAtt": [vpc, "DefaultSecurityGroup"]}


def should_let_the_closing_function_take_rules_from_that_group_only(own: dict[str, Any]) -> None:
    statements = [s for p in properties(own, "AWS::IAM::ManagedPolicy") for s in p["PolicyDocument"]["Statement"]]
    (revoke,) = [s for s in statements if s["Sid"] == "Revoke"]
    assert revoke["Action"] == ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]
    assert logical_id(own, "AWS::EC2::VPC") in json.dumps(revoke["Resource"])
    assert not [s for s in statements if any("Authorize" in action for action in s["Action"])]


def should_reach_its_endpoints_before_the_default_group_is_closed(own: dict[str, Any]) -> None:
    (closed,) = of_type(own, "Custom::ClosedDefaultSecurityGroup")
    endpoint_ids = {id for id, r in own["Resources"].items() if r["Type"] == "AWS::EC2::VPCEndpoint"}
    assert endpoint_ids <= set(closed["DependsOn"])


# --- Flow logs --------------------------------------------------------------------------------------------------------


def should_record_all_traffic(own: dict[str, Any]) -> None:
    (flow_log,) = properties(own, "AWS::EC2::FlowLog")
    assert flow_log["ResourceId"] == {"Ref": logical_id(own, "AWS::EC2::VPC")}
    assert (flow_log["ResourceType"], flow_log["TrafficType"]) == ("VPC", "ALL")


def should_encrypt_and_keep_the_flow_logs(own: dict[str, Any]) -> None:
    (kept,) = [g for g in properties(own, "AWS::Logs::LogGroup") if g["LogGroupName"] == "/ashlar-dev/flow-logs"]
    assert (kept["KmsKeyId"], kept["RetentionInDays"]) == (LOGS_KEY, 400)


def should_deliver_flow_logs_of_this_account_only(own: dict[str, Any]) -> None:
    (role,) = [r for r in properties(own, "AWS::IAM::Role") if r["Path"] == "/ashlar/dev/flow-logs/"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT.id},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/*"},
    }


# --- An existing VPC --------------------------------------------------------------------------------------------------


def should_make_nothing_of_an_existing_vpc_anew() -> None:
    for variant in ("existing", "endpoints"):
        assert not types(synthesized(variant)) & {
            "AWS::EC2::VPC",
            "AWS::EC2::Subnet",
            "AWS::EC2::RouteTable",
            "AWS::EC2::FlowLog",
            "Custom::ClosedDefaultSecurityGroup",
        }
    assert "AWS::EC2::VPCEndpoint" not in types(synthesized("endpoints"))


def should_make_the_endpoints_that_an_existing_vpc_lacks() -> None:
    made = properties(synthesized("existing"), "AWS::EC2::VPCEndpoint")
    assert len(made) == len(catalogue.endpoints().services) + 1
    assert {endpoint["VpcId"] for endpoint in made} == {EXISTING["vpc_id"]}
    (gateway,) = [endpoint for endpoint in made if endpoint["VpcEndpointType"] == "Gateway"]
    assert gateway["RouteTableIds"] == EXISTING["route_table_ids"]


def should_give_an_endpoint_one_subnet_of_each_zone() -> None:
    theirs = {subnet["id"]: subnet["availability_zone"] for subnet in SUBNETS}
    made = [e for e in properties(synthesized("existing"), "AWS::EC2::VPCEndpoint") if "SubnetIds" in e]
    assert made
    assert all(sorted(theirs[id] for id in endpoint["SubnetIds"]) == ZONES for endpoint in made)


def should_be_admitted_to_the_endpoints_of_an_existing_vpc() -> None:
    template = synthesized("endpoints")
    theirs = GIVEN["endpoints_security_group_id"]
    workloads, settings = group(template, "Jobs, models and functions")
    assert settings["SecurityGroupEgress"][0]["DestinationSecurityGroupId"] == theirs
    (rule,) = [r for r in properties(template, "AWS::EC2::SecurityGroupIngress") if r["GroupId"] == theirs]
    assert (rule["SourceSecurityGroupId"], rule["FromPort"], rule["ToPort"]) == (workloads, 443, 443)


def should_be_placed_where_the_existing_vpc_says() -> None:
    placement = build("endpoints").placement
    assert (placement.vpc_id, placement.s3_endpoint_id) == (EXISTING["vpc_id"], GIVEN["s3_endpoint_id"])
    assert placement.subnet_ids == [subnet["id"] for subnet in SUBNETS]


# --- Endpoints and their policies -------------------------------------------------------------------------------------


def should_have_a_policy_for_exactly_the_endpoints_of_the_catalogue() -> None:
    reachable = endpoints.Reachable(IDENTITY, "ashlar-dev", IMAGES, "hnb659fds", [])
    assert set(endpoints.interfaces(reachable)) == set(catalogue.endpoints().services.values())


@pytest.mark.parametrize("service", ["ec2", "ecr.api", "ecr.dkr"])
def should_have_the_endpoints_that_security_hub_asks_for(own: dict[str, Any], service: str) -> None:
    names = [endpoint["ServiceName"] for endpoint in properties(own, "AWS::EC2::VPCEndpoint")]
    assert f"com.amazonaws.eu-west-1.{service}" in names


def should_name_actions_and_principals_in_every_endpoints_policy(own: dict[str, Any]) -> None:
    open_to_services = {"ImageLayers", "Answers"}  # presigned by AWS services: no principal of the account
    for endpoint in properties(own, "AWS::EC2::VPCEndpoint"):
        for statement in endpoint["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert not [action for action in statement["Action"] if "*" in action]
            condition = statement.get("Condition", {}).get("StringEquals", {})
            assert statement["Sid"] in open_to_services or condition["aws:PrincipalAccount"] == ACCOUNT.id
            assert statement["Sid"] not in open_to_services or "*" not in statement["Resource"]


OURS = Principal(arn="arn:aws:iam::111122223333:role/ashlar/dev/training/x")
THEIRS = Principal(arn="arn:aws:iam::999988887777:role/attacker")
NOBODY = Principal()
# Whatever lies behind the endpoint would let anyone in: what is decided is the endpoint's policy.
EVERYTHING = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
OPEN = Policy.parse({"Version": "2012-10-17", "Statement": [EVERYTHING]}, source="test", kind=Kind.RESOURCE)

S3 = "arn:aws:s3:::"
ANSWERS = f"{S3}cloudformation-custom-resource-response-euwest1/arn:aws:cloudformation:eu-west-1"
LAYER = f"{S3}prod-eu-west-1-starport-layer-bucket/x"
CODE = f"{S3}cdk-hnb659fds-assets-111122223333-eu-west-1/code.tar.gz"
ENDPOINT = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ashlar-dev-reviews"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/ashlar-dev-reviews-linear/1"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack"
ROLES = "arn:aws:iam::111122223333:role"
STREAM = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TrainingJobs:log-stream:x"
IMAGE = "arn:aws:ecr:eu-west-1:141502667606:repository/sagemaker-xgboost"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/x"
GROUP = "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1"
METRICS = {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}
FOR_SERVICE = {"kms:GrantIsForAWSResource": "true"}


def passes(
    service: str, action: str, resource: str, who: Principal, *, owner: str = ACCOUNT.id, **context: str
) -> bool:
    """Whether the endpoint of `service` lets the call of `who` through to a resource of the account `owner`."""
    deployed = Deployed({"network": synthesized("own")}, account=ACCOUNT.id, region=ACCOUNT.region)
    seen = {"aws:PrincipalAccount": who.account, "aws:ResourceAccount": owner, **context}
    known = {key: value for key, value in seen.items() if value}
    limits = Policies(resource=[OPEN], endpoint=deployed.endpoint_policy(service))
    return evaluate(Request(action, resource, who, known), limits).allowed


@pytest.mark.parametrize(
    ("service", "action", "resource", "context"),
    [
        ("s3", "s3:GetObject", f"{S3}ashlar-dev-data-raw-1/raw/reviews/a", {}),
        ("s3", "s3:PutObject", f"{S3}ashlar-dev-data-artifacts-1/models/reviews/a", {}),
        ("s3", "s3:ListBucket", f"{S3}ashlar-dev-data-raw-1", {}),
        ("s3", "s3:GetObject", CODE, {}),
        ("sagemaker.api", "sagemaker:DescribeEndpoint", ENDPOINT, {}),
        ("sagemaker.api", "sagemaker:UpdateModelPackage", PACKAGE, {}),
        ("sagemaker.api", "sagemaker:ListModelPackages", "*", {}),
        ("sagemaker.runtime", "sagemaker:InvokeEndpoint", ENDPOINT, {}),
        ("cloudformation", "cloudformation:UpdateStack", f"{STACK}/ashlar-dev-inference-reviews/1", {}),
        ("logs", "logs:PutLogEvents", STREAM, {}),
        ("monitoring", "cloudwatch:PutMetricData", "*", METRICS),
        ("ecr.dkr", "ecr:BatchGetImage", IMAGE, {}),
        ("ecr.api", "ecr:GetAuthorizationToken", "*", {}),
        ("kms", "kms:Decrypt", KEY, {}),
        ("kms", "kms:CreateGrant", KEY, FOR_SERVICE),
        ("sts", "sts:AssumeRole", f"{ROLES}/ashlar/dev/hosting/x", {}),
        ("ec2", "ec2:RevokeSecurityGroupIngress", GROUP, {}),
    ],
)
def should_let_the_platforms_calls_through_for_its_own_account_only(
    service: str, action: str, resource: str, context: dict[str, str]
) -> None:
    assert passes(service, action, resource, OURS, **context)
    assert not passes(service, action, resource, THEIRS, **context)
    assert not passes(service, action, resource, NOBODY, **context)


@pytest.mark.parametrize(
    ("service", "action", "resource"),
    [
        ("s3", "s3:DeleteObject", f"{S3}ashlar-dev-data-raw-1/raw/reviews/a"),
        ("s3", "s3:PutBucketPolicy", f"{S3}ashlar-dev-data-raw-1"),
        ("s3", "s3:GetObject", f"{S3}another-bucket-of-the-account/a"),
        ("s3", "s3:PutObject", CODE),
        ("sagemaker.api", "sagemaker:CreateTrainingJob", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x"),
        ("sagemaker.api", "sagemaker:DescribeEndpoint", ENDPOINT.replace("ashlar", "other")),
        ("sagemaker.runtime", "sagemaker:InvokeEndpoint", ENDPOINT.replace("dev", "prod")),
        ("cloudformation", "cloudformation:CreateStack", f"{STACK}/ashlar-dev-inference-reviews/1"),
        ("cloudformation", "cloudformation:UpdateStack", f"{STACK}/ashlar-dev-security/1"),
        ("logs", "logs:DeleteLogStream", STREAM),
        ("monitoring", "cloudwatch:DeleteAlarms", "*"),
        ("ecr.api", "ecr:PutImage", IMAGE),
        ("ecr.dkr", "ecr:BatchGetImage", IMAGE.replace("141502667606", "999988887777")),
        ("kms", "kms:ScheduleKeyDeletion", KEY),
        ("kms", "kms:CreateGrant", KEY),
        ("kms", "kms:Decrypt", KEY.replace("111122223333", "999988887777")),
        ("sts", "sts:AssumeRole", f"{ROLES}/administrator"),
        ("sts", "sts:AssumeRole", "arn:aws:iam::999988887777:role/ashlar/dev/hosting/x"),
        ("ec2", "ec2:AuthorizeSecurityGroupIngress", GROUP),
    ],
)
def should_let_no_other_call_through(service: str, action: str, resource: str) -> None:
    assert not passes(service, action, resource, OURS)


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("ec2:DescribeSecurityGroups", True),
        ("ec2:RevokeSecurityGroupEgress", True),
        ("ec2:RevokeSecurityGroupIngress", True),
        ("ec2:AuthorizeSecurityGroupIngress", False),
        ("ec2:DeleteSecurityGroup", False),
    ],
)
def should_let_the_closing_function_act_under_the_boundary_and_through_its_endpoint(action: str, allowed: bool) -> None:
    deployed = Deployed({"network": synthesized("own")}, account=ACCOUNT.id, region=ACCOUNT.region)
    limits = boundary(
        ACCOUNT,
        prefix="ashlar",
        environment="dev",
        name="ashlar-dev",
        roles_path=IDENTITY.path,
        qualifier="hnb659fds",
        existing_keys=[],
        s3_read_buckets=[],
    )
    policies = Policies(
        identity=deployed.identity(deployed.role(path="/function/")),
        boundary=[Policy.parse(policy(limits), source="boundary")],
        endpoint=deployed.endpoint_policy("ec2"),
    )
    (closed,) = deployed.of("Custom::ClosedDefaultSecurityGroup")
    resource = "*" if "Describe" in action else ACCOUNT.arn("ec2", f"security-group/{closed.properties['GroupId']}")
    request = Request(action, resource, OURS, {"aws:PrincipalAccount": ACCOUNT.id})
    assert evaluate(request, policies).allowed is allowed


def should_keep_data_out_of_foreign_buckets_whatever_their_name() -> None:
    for bucket in ("attackers-bucket", "ashlar-dev-data-raw-1"):
        for action in ("s3:PutObject", "s3:GetObject"):
            assert not passes("s3", action, f"{S3}{bucket}/loot", OURS, owner="999988887777")


def should_let_image_layers_through_that_ecr_signed() -> None:
    assert passes("s3", "s3:GetObject", LAYER, NOBODY, owner="")
    assert not passes("s3", "s3:PutObject", LAYER, OURS)


def should_let_functions_answer_cloudformation_about_our_stacks_only() -> None:
    assert passes("s3", "s3:PutObject", f"{ANSWERS}:111122223333:stack/ashlar-dev-network/1|Closed|2", NOBODY, owner="")
    assert not passes("s3", "s3:PutObject", f"{ANSWERS}:999988887777:stack/ashlar-dev-network/1|Closed|2", OURS)
    assert not passes("s3", "s3:GetObject", f"{ANSWERS}:111122223333:stack/ashlar-dev-network/1|Closed|2", OURS)


def should_read_foreign_buckets_that_the_configuration_names() -> None:
    named, aws = f"{S3}jumpstart-cache-prod-eu-west-1", "555555555555"
    assert passes("s3", "s3:GetObject", f"{named}/model.tar.gz", OURS, owner=aws)
    assert passes("s3", "s3:ListBucket", named, OURS, owner=aws)
    assert not passes("s3", "s3:PutObject", f"{named}/loot", OURS, owner=aws)
    assert not passes("s3", "s3:GetObject", f"{named}/model.tar.gz", THEIRS, owner=aws)


def should_hold_the_s3_policy_with_a_nat_gateway_too(own: dict[str, Any], nat: dict[str, Any]) -> None:
    policies = [
        endpoint["PolicyDocument"]
        for template in (own, nat)
        for endpoint in properties(template, "AWS::EC2::VPCEndpoint")
        if endpoint["VpcEndpointType"] == "Gateway"
    ]
    assert len(policies) == 2
    assert policies[0] == policies[1]


@pytest.mark.parametrize("variant", VARIANTS)
def should_be_the_same_template_every_time(variant: str) -> None:
    assert synthesized.__wrapped__(variant) == synthesized(variant)


@pytest.mark.parametrize("region", sorted(catalogue.s3_prefix_lists()))
def should_know_prefix_lists_of_regions_that_have_images(region: str) -> None:
    assert region in catalogue.images().accounts
    assert re.fullmatch("pl-([0-9a-f]{8}|[0-9a-f]{17})", catalogue.s3_prefix_lists()[region])
