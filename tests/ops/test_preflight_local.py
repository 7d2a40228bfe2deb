"""The preflight against APIs that answer: what the local cloud knows is checked, what it does not know is said."""

from __future__ import annotations

import json

from config import Platform, load_environment
from config.schema import Network
from ops.checks.row import Row, Verdict
from ops.preflight.report import preflight
from tests.local.cloud import ACCOUNT, REGION, LocalCloud
from tests.ops.conftest import OfTheLocalCloud

ZONES = (f"{REGION}a", f"{REGION}b")


def rows(cloud: LocalCloud, platform: Platform) -> dict[str, Row]:
    return {row.check: row for row in preflight(OfTheLocalCloud(platform, cloud))}


def on_existing_vpc(cloud: LocalCloud, *, public: bool) -> tuple[Platform, str]:
    """`local` on a VPC of two subnets, made for this; with `public` the second has a way to the internet. Its id."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{name: {"Value": True}})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.60.{16 * index}.0/20", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for index, zone in enumerate(ZONES)
    ]
    tables = []
    for subnet in subnets:
        tables.append(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
        ec2.associate_route_table(RouteTableId=tables[-1], SubnetId=subnet)
    if public:
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
        ec2.create_route(RouteTableId=tables[1], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    existing = {
        "vpc_id": vpc,
        "cidr": "10.60.0.0/16",
        "subnets": [
            {"id": id, "availability_zone": zone, "cidr": f"10.60.{16 * index}.0/20"}
            for index, (id, zone) in enumerate(zip(subnets, ZONES, strict=True))
        ],
        "route_table_ids": tables,
    }
    network = Network.model_validate({"existing": existing})
    return load_environment("local").model_copy(update={"network": network}), subnets[1]


def should_refuse_a_public_subnet_that_is_named_as_private(cloud: LocalCloud) -> None:
    platform, public = on_existing_vpc(cloud, public=True)
    found = rows(cloud, platform)
    row = found[f"subnet {public} is private"]
    assert row.verdict is Verdict.ERROR
    assert row.finding
    assert (row.finding.path, row.finding.value) == ("network.existing.subnets.1.id", public)
    assert row.finding.rule == "SUBNET-PRIVATE"
    assert "routes to an internet gateway" in row.finding.message
    assert "name a subnet whose route table has no internet gateway" in row.finding.fix
    first = platform.network.existing and platform.network.existing.subnets[0].id
    assert found[f"subnet {first} is private"].verdict is Verdict.OK


def should_accept_an_existing_vpc_that_is_private(cloud: LocalCloud) -> None:
    platform, _ = on_existing_vpc(cloud, public=False)
    about = [row for row in rows(cloud, platform).values() if row.check.startswith(("VPC", "subnet", "route table"))]
    assert len(about) == 11
    assert [row for row in about if row.verdict is not Verdict.OK] == []


def should_say_what_the_local_cloud_does_not_answer(cloud: LocalCloud) -> None:
    found = rows(cloud, load_environment("local"))
    assert found["credentials"].verdict is Verdict.OK
    assert found[f"zone {REGION}a"].verdict is Verdict.OK
    silent = [row for name, row in found.items() if name.startswith(("quota", "image"))]
    assert len(silent) > 4
    for row in silent:
        assert row.verdict is Verdict.WARNING
        assert row.finding and "not answered by this endpoint" in row.finding.message


BOOTSTRAPPED = ("bootstrap version", "asset bucket's key", "permissions boundary", "execution policies")


def should_ask_for_the_bootstrap_until_it_is_done(cloud: LocalCloud) -> None:
    local = load_environment("local")
    before = rows(cloud, local)
    assert [before[name].verdict for name in BOOTSTRAPPED] == [Verdict.ERROR] * 4
    _bootstrap(cloud)
    role = _limits(cloud, local)
    after = rows(cloud, local)
    assert [after[name].verdict for name in BOOTSTRAPPED] == [Verdict.OK] * 4
    cloud.client("iam").detach_role_policy(**role)
    assert rows(cloud, local)["execution policies"].verdict is Verdict.WARNING


def _limits(cloud: LocalCloud, platform: Platform) -> dict[str, str]:
    """The boundary, and two execution policies with the role that has them. One of its attachments."""
    iam = cloud.client("iam")
    role = f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(Principal={"Service": "cloudformation"}))
    allow, arn = document(Resource="*"), ""
    iam.create_policy(PolicyName=platform.name("boundary"), Path=platform.bootstrap_path, PolicyDocument=allow)
    for area in ("identity", "network"):
        name = platform.name("deploy", area)
        made = iam.create_policy(PolicyName=name, Path=platform.bootstrap_path, PolicyDocument=allow)
        arn = made["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return {"RoleName": role, "PolicyArn": arn}


def document(**more: object) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _bootstrap(cloud: LocalCloud) -> None:
    """What of `cdk bootstrap` is looked at."""
    cloud.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="33", Type="String")
    key = cloud.client("kms").create_key()["KeyMetadata"]
    cloud.client("kms").create_alias(AliasName="alias/cdk-hnb659fds-assets-key", TargetKeyId=key["KeyId"])
    bucket, s3 = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}", cloud.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}
    rule = {"ApplyServerSideEncryptionByDefault": default}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
