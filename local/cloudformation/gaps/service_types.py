"""Types that MiniStack's CloudFormation lacks and whose service it has: OIDC providers, trails, addresses, NAT."""

from __future__ import annotations

import secrets
from typing import Any

from botocore.exceptions import ClientError

from local import hooks
from local.cloudformation.gaps.after import is_true, only
from local.cloudformation.shapes import parameters
from local.hooks import register_cfn_type

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]

_OIDC = ("ClientIdList", "Tags", "ThumbprintList", "Url")
_TRAIL = ("AdvancedEventSelectors", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "EnableLogFileValidation",
          "EventSelectors", "IncludeGlobalServiceEvents", "IsLogging", "IsMultiRegionTrail", "KMSKeyId", "S3BucketName",
          "S3KeyPrefix", "SnsTopicName", "Tags", "TrailName")  # fmt: skip
_NOT_OF_CREATE_TRAIL = ("AdvancedEventSelectors", "EventSelectors", "IsLogging", "KMSKeyId", "Tags", "TrailName")


def _create_oidc_provider(logical_id: str, properties: Properties, stack_name: str) -> Result:
    only(properties, frozenset(_OIDC), "AWS::IAM::OIDCProvider")
    wanted = {"ClientIDList" if k == "ClientIdList" else k: v for k, v in properties.items()}
    # IAM finds the thumbprint itself where none is given.
    wanted.setdefault("ThumbprintList", ["0" * 40])
    answer = hooks.client("iam").create_open_id_connect_provider(
        **parameters("iam", "CreateOpenIDConnectProvider", wanted, "AWS::IAM::OIDCProvider")
    )
    arn = answer["OpenIDConnectProviderArn"]
    return arn, {"Arn": arn}


def _delete_oidc_provider(physical_id: str, properties: Properties) -> None:
    hooks.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)


def _create_trail(logical_id: str, properties: Properties, stack_name: str) -> Result:
    only(properties, frozenset(_TRAIL), "AWS::CloudTrail::Trail")
    name = properties.get("TrailName") or f"{stack_name}-{logical_id}-{secrets.token_hex(6).upper()}"
    wanted = {k: v for k, v in properties.items() if k not in _NOT_OF_CREATE_TRAIL} | {"Name": name}
    if properties.get("KMSKeyId"):
        wanted["KmsKeyId"] = properties["KMSKeyId"]
    if properties.get("Tags"):
        wanted["TagsList"] = properties["Tags"]
    client = hooks.client("cloudtrail")
    arn = client.create_trail(**parameters("cloudtrail", "CreateTrail", wanted, "AWS::CloudTrail::Trail"))["TrailARN"]
    selectors = {k: properties[k] for k in ("AdvancedEventSelectors", "EventSelectors") if properties.get(k)}
    if selectors:
        given = {"TrailName": name, **selectors}
        client.put_event_selectors(
            **parameters("cloudtrail", "PutEventSelectors", given, "AWS::CloudTrail::Trail")
        )  # fmt: skip
    if is_true(properties["IsLogging"]):
        client.start_logging(Name=name)
    return name, {"Arn": arn}


def _delete_trail(physical_id: str, properties: Properties) -> None:
    hooks.client("cloudtrail").delete_trail(Name=physical_id)


def _tagged(kind: str, properties: Properties) -> dict[str, Any]:
    tags = properties.get("Tags")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def _create_address(logical_id: str, properties: Properties, stack_name: str) -> Result:
    only(properties, frozenset({"Domain", "Tags"}), "AWS::EC2::EIP")
    answer = hooks.client("ec2").allocate_address(
        Domain=properties.get("Domain", "vpc"), **_tagged("elastic-ip", properties)
    )
    return answer["PublicIp"], {"AllocationId": answer["AllocationId"], "PublicIp": answer["PublicIp"]}


def _delete_address(physical_id: str, properties: Properties) -> None:
    client = hooks.client("ec2")
    for address in client.describe_addresses()["Addresses"]:
        if address["PublicIp"] == physical_id:
            client.release_address(AllocationId=address["AllocationId"])


def _create_nat_gateway(logical_id: str, properties: Properties, stack_name: str) -> Result:
    known = frozenset({"AllocationId", "ConnectivityType", "SubnetId", "Tags"})
    plain = {k: v for k, v in only(properties, known, "AWS::EC2::NatGateway").items() if k != "Tags"}
    answer = hooks.client("ec2").create_nat_gateway(**plain, **_tagged("natgateway", properties))
    gateway = answer["NatGateway"]["NatGatewayId"]
    return gateway, {"NatGatewayId": gateway}


def _delete_nat_gateway(physical_id: str, properties: Properties) -> None:
    try:
        hooks.client("ec2").delete_nat_gateway(NatGatewayId=physical_id)
    except ClientError as error:
        if "NotFound" not in str(error):
            raise


def mend() -> None:
    """Provide the types; a change of any property makes a new resource."""
    nat = ("AllocationId", "ConnectivityType", "SubnetId", "Tags")
    for resource_type, create, delete, properties in (
        ("AWS::IAM::OIDCProvider", _create_oidc_provider, _delete_oidc_provider, _OIDC),
        ("AWS::CloudTrail::Trail", _create_trail, _delete_trail, _TRAIL),
        ("AWS::EC2::EIP", _create_address, _delete_address, ("Domain", "Tags")),
        ("AWS::EC2::NatGateway", _create_nat_gateway, _delete_nat_gateway, nat),
    ):
        register_cfn_type(resource_type, create, delete, replacing=properties)
