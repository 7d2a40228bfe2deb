"""What AWS answers the preflight where all is well, and ways to say it a little differently."""

from __future__ import annotations

import json
from typing import Any

from config import catalogue
from tests.ops.conftest import Answers, refused

ACCOUNT, REGION = "111122223333", "eu-west-1"
VPC, GROUP, GATEWAY, TABLE = "vpc-0123abcd", "sg-0123abcd", "vpce-0123abcd", "rtb-0123abcd"
SUBNETS = ["subnet-0000000a", "subnet-0000000b"]
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
LOGS_KEY, NOTICES_KEY = f"{KEY[:-1]}6", f"{KEY[:-1]}7"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/organisation"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
LOGGING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ashlar/dev/api-logs/ashlar-dev-front-door-Logs"
ALIAS = "alias/cdk-hnb659fds-assets-key"
SERVICES = [f"com.amazonaws.{REGION}.{service}" for service in catalogue.endpoints().services.values()]

BROUGHT: dict[str, Any] = {
    "network": {
        "existing": {
            "vpc_id": VPC,
            "cidr": "10.60.0.0/16",
            "subnets": [
                {"id": SUBNETS[0], "availability_zone": "eu-west-1a", "cidr": "10.60.0.0/20"},
                {"id": SUBNETS[1], "availability_zone": "eu-west-1b", "cidr": "10.60.16.0/20"},
            ],
            "route_table_ids": [TABLE],
            "s3_endpoint_id": GATEWAY,
            "endpoints_security_group_id": GROUP,
        }
    },
    "keys": {"data": KEY, "logs": LOGS_KEY, "notifications": NOTICES_KEY},
    "identity": {
        "permissions_boundary": BOUNDARY,
        "ci": {
            "provider": "token.actions.githubusercontent.com",
            "subject": "repo:o/r:environment:dev",
            "provider_arn": PROVIDER,
        },
    },
    "audit": {"trail": {"arn": TRAIL, "log_group": "organisation"}, "access_analyzer": "existing"},
    "front_door": {"concurrency": 20, "api_logging_role": LOGGING_ROLE},
}
# The same VPC without endpoints of its own: the platform makes them in it.
SHARED: dict[str, Any] = {
    "network": {
        "existing": {
            name: value
            for name, value in BROUGHT["network"]["existing"].items()
            if name not in ("s3_endpoint_id", "endpoints_security_group_id")
        }
    }
}
OWN: dict[str, Any] = {
    "network": {"cidr": "10.20.0.0/16", "availability_zones": ["eu-west-1a", "eu-west-1b"], "internet": "nat"}
}


def subnet(index: int, **changes: Any) -> dict[str, Any]:
    """What EC2 says of one of the two subnets."""
    return {
        "SubnetId": SUBNETS[index],
        "VpcId": VPC,
        "AvailabilityZone": f"{REGION}{'ab'[index]}",
        "CidrBlock": f"10.60.{16 * index}.0/20",
        "State": "available",
        "AvailableIpAddressCount": 4091,
        "MapPublicIpOnLaunch": False,
        **changes,
    }


def table(id: str = TABLE, gateway: str = "local", **association: Any) -> dict[str, Any]:
    return {"RouteTableId": id, "Associations": [association], "Routes": [{"GatewayId": gateway}]}


def quota(name: str, value: float) -> dict[str, Any]:
    return {"QuotaName": name, "Value": value}


ENOUGH = {
    "Quotas": [
        quota("ml.m5.large for endpoint usage", 16),
        quota("ml.m5.xlarge for training job usage", 1),
        quota("ml.m5.2xlarge for training job usage", 1),
        quota("ml.m5.xlarge for processing job usage", 2),
    ]
}


def with_quota(name: str, value: float) -> dict[str, Any]:
    return {"Quotas": [quota(name, value) if its["QuotaName"] == name else its for its in ENOUGH["Quotas"]]}


def key(**changes: Any) -> dict[str, Any]:
    well = {
        "KeyId": KEY.rsplit("/", 1)[-1],
        "Arn": KEY,
        "KeyManager": "CUSTOMER",
        "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
    }
    return {"KeyMetadata": {**well, **changes}}


def encryption(**default: str) -> dict[str, Any]:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", **default}}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def endpoint(service: str, **changes: Any) -> dict[str, Any]:
    gateway = service.endswith(".s3")
    well = {
        "VpcEndpointId": GATEWAY,
        "VpcId": VPC,
        "ServiceName": service,
        "VpcEndpointType": "Gateway" if gateway else "Interface",
        "State": "available",
        "PrivateDnsEnabled": not gateway,
        "RouteTableIds": [TABLE] if gateway else [],
        "Groups": [] if gateway else [{"GroupId": GROUP}],
    }
    return {**well, **changes}


def endpoints(
    *others: dict[str, Any], gateway: dict[str, Any] | None = None, interface: dict[str, Any] | None = None
) -> Any:
    """DescribeVpcEndpoints: by id the gateway, by service its own, by VPC `others`.

    A change of {} is none, None an absence.
    """

    def answer(**asked: Any) -> dict[str, Any]:
        if "VpcEndpointIds" in asked:
            return {"VpcEndpoints": [endpoint(f"com.amazonaws.{REGION}.s3", **gateway)] if gateway is not None else []}
        if len(asked["Filters"]) == 1:
            return {"VpcEndpoints": list(others)}
        service = asked["Filters"][1]["Values"][0]
        return {"VpcEndpoints": [endpoint(service, **interface)] if interface is not None else []}

    return answer


def subnets(*described: dict[str, Any]) -> Any:
    def answer(SubnetIds: list[str]) -> dict[str, Any]:  # noqa: N803
        found = [each for each in described if each["SubnetId"] in SubnetIds]
        return {"Subnets": found} if found else refused("InvalidSubnetID.NotFound")

    return answer


def policy(*services: Any, effect: str = "Allow") -> dict[str, Any]:
    """A key's policy with a statement for each principal."""
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"}
    statements = [{"Effect": effect, "Principal": each, "Action": "kms:Decrypt"} for each in services]
    return {"Policy": json.dumps({"Statement": [own, *statements]})}


KEY_POLICY = policy(
    {"Service": f"logs.{REGION}.amazonaws.com"},
    {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
    {"Service": "sns.amazonaws.com"},
)
RECORDED = [
    "AWS::Lambda::Function",
    "AWS::S3::Object",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::ExperimentTrialComponent",
    "AWS::SageMaker::FeatureGroup",
]


def selector(type: str, category: str = "Data") -> dict[str, Any]:
    fields = [{"Field": "eventCategory", "Equals": [category]}, {"Field": "resources.type", "Equals": [type]}]
    return {"FieldSelectors": fields}


def attached(*names: str) -> dict[str, Any]:
    """ListAttachedRolePolicies: policies below the platform's own path, or those with a path of their own."""
    arns = [
        f"arn:aws:iam::{name}" if ":" in name else f"arn:aws:iam::{ACCOUNT}:policy{EXECUTION}{name}" for name in names
    ]
    return {"AttachedPolicies": [{"PolicyArn": arn} for arn in arns]}


EXECUTION = "/ashlar-bootstrap/dev/ashlar-dev-deploy-"


def trail(**changes: Any) -> dict[str, Any]:
    well = {"IsMultiRegionTrail": True, "KmsKeyId": KEY, "LogFileValidationEnabled": True}
    return {"Trail": {**well, **changes}}


def role(service: str = "apigateway.amazonaws.com") -> dict[str, Any]:
    """GetRole: one that `service` may assume."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Role": {"AssumeRolePolicyDocument": {"Statement": [trust]}}}


def analyzers(*described: tuple[str, str, str]) -> dict[str, Any]:
    """ListAnalyzers: name, type and status of each."""
    return {"analyzers": [{"name": name, "type": type, "status": status} for name, type, status in described]}


WELL: Answers = {
    ("sts", "get_caller_identity"): {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/operator"},
    ("ec2", "describe_regions"): {"Regions": [{"OptInStatus": "opted-in"}]},
    ("ec2", "describe_availability_zones"): {
        "AvailabilityZones": [{"ZoneName": f"{REGION}{zone}", "State": "available"} for zone in "abc"]
    },
    ("iam", "get_role"): role(),
    ("accessanalyzer", "list_analyzers"): analyzers(("ashlar-dev-external-access", "ACCOUNT", "ACTIVE")),
    ("apigateway", "get_account"): {"cloudwatchRoleArn": LOGGING_ROLE},
    ("lambda", "get_account_settings"): {
        "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 120}
    },
    ("ssm", "get_parameter"): {"Parameter": {"Value": "33"}},
    ("s3", "get_bucket_encryption"): encryption(KMSMasterKeyID=KEY),
    ("kms", "describe_key"): key(),
    ("kms", "get_key_rotation_status"): {"KeyRotationEnabled": True},
    ("kms", "get_key_policy"): KEY_POLICY,
    ("ecr", "batch_get_image"): {"images": [{}], "failures": []},
    ("service-quotas", "list_aws_default_service_quotas"): {"Quotas": []},
    ("service-quotas", "list_service_quotas"): ENOUGH,
    ("service-quotas", "get_service_quota"): {"Quota": {"Value": 20}},
    ("ec2", "describe_vpcs"): {"Vpcs": [{"CidrBlockAssociationSet": [{"CidrBlock": "10.60.0.0/16"}]}]},
    ("ec2", "describe_addresses"): {"Addresses": []},
    ("ec2", "describe_vpc_attribute"): {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
    ("ec2", "describe_subnets"): subnets(subnet(0), subnet(1)),
    ("ec2", "describe_route_tables"): {"RouteTables": [table(Main=True)]},
    ("ec2", "describe_security_groups"): {"SecurityGroups": [{"VpcId": VPC}]},
    ("ec2", "describe_vpc_endpoints"): endpoints(gateway={}, interface={}),
    ("ec2", "describe_vpc_endpoint_services"): {
        "ServiceDetails": [
            {"ServiceName": name, "AvailabilityZones": [f"{REGION}a", f"{REGION}b"]} for name in SERVICES
        ]
    },
    ("cloudtrail", "get_trail"): trail(),
    ("cloudtrail", "get_trail_status"): {"IsLogging": True},
    ("cloudtrail", "get_event_selectors"): {"AdvancedEventSelectors": [selector(type) for type in RECORDED]},
    ("logs", "describe_log_groups"): {"logGroups": [{"logGroupName": "organisation"}]},
    ("iam", "get_policy"): {"Policy": {}},
    ("iam", "list_attached_role_policies"): attached("identity", "network"),
    ("iam", "list_policies"): {
        "Policies": [{"Arn": f"arn:aws:iam::{ACCOUNT}:policy{EXECUTION}{name}"} for name in ("identity", "network")]
    },
    ("iam", "get_open_id_connect_provider"): {
        "Url": "token.actions.githubusercontent.com",
        "ClientIDList": ["sts.amazonaws.com"],
    },
}
