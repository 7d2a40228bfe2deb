"""EC2: security group rules and flow logs as resources of their own, and the CIDR attributes of a VPC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local import hooks
from local.cloudformation.shapes import parameters
from local.hooks import cloudformation as hook
from local.hooks import register_cfn_type, security_groups

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]

_RULE_PROPERTIES = ("CidrIp", "CidrIpv6", "Description", "FromPort", "GroupId", "IpProtocol", "ToPort")
_PEERS = {"Ingress": ("SourceSecurityGroupId", "SourcePrefixListId"),
          "Egress": ("DestinationSecurityGroupId", "DestinationPrefixListId")}  # fmt: skip


def permission(properties: Properties, group_property: str, prefix_list_property: str) -> dict[str, Any]:
    """One rule's properties as an IpPermission of the EC2 API."""
    note = {"Description": properties["Description"]} if properties.get("Description") else {}
    rule: dict[str, Any] = {"IpProtocol": str(properties["IpProtocol"])}
    rule |= {port: int(properties[port]) for port in ("FromPort", "ToPort") if port in properties}
    peers = {
        "UserIdGroupPairs": ("GroupId", group_property),
        "PrefixListIds": ("PrefixListId", prefix_list_property),
        "IpRanges": ("CidrIp", "CidrIp"),
        "Ipv6Ranges": ("CidrIpv6", "CidrIpv6"),
    }
    return rule | {
        member: [{field: properties[name], **note}] for member, (field, name) in peers.items() if properties.get(name)
    }


def _rule_type(direction: str) -> tuple[Callable[..., Result], Callable[[str, Properties], None], tuple[str, ...]]:
    peers = _PEERS[direction]
    verb = direction.lower()

    def create(logical_id: str, properties: Properties, stack_name: str) -> Result:
        if unknown := sorted(set(properties) - {*_RULE_PROPERTIES, *peers}):
            raise ValueError(f"AWS::EC2::SecurityGroup{direction}: the local cloud does not know {', '.join(unknown)}.")
        authorize = getattr(hooks.client("ec2"), f"authorize_security_group_{verb}")
        answer = authorize(GroupId=properties["GroupId"], IpPermissions=[permission(properties, *peers)])
        rule_id = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return rule_id, {"Id": rule_id}

    def delete(physical_id: str, properties: Properties) -> None:
        revoke = getattr(hooks.client("ec2"), f"revoke_security_group_{verb}")
        revoke(GroupId=properties["GroupId"], IpPermissions=[permission(properties, *peers)])

    return create, delete, (*_RULE_PROPERTIES, *peers)


def _create_flow_log(logical_id: str, properties: Properties, stack_name: str) -> Result:
    plain = {name: value for name, value in properties.items() if name not in ("ResourceId", "Tags")}
    if tags := properties.get("Tags"):
        plain["TagSpecifications"] = [{"ResourceType": "vpc-flow-log", "Tags": tags}]
    wanted = {**plain, "ResourceIds": [properties["ResourceId"]]}
    answer = hooks.client("ec2").create_flow_logs(**parameters("ec2", "CreateFlowLogs", wanted, "AWS::EC2::FlowLog"))
    return answer["FlowLogIds"][0], {"Id": answer["FlowLogIds"][0]}


def _delete_flow_log(physical_id: str, properties: Properties) -> None:
    hooks.client("ec2").delete_flow_logs(FlowLogIds=[physical_id])


def _with_cidr_attributes(create: hook.Create) -> hook.Create:
    def created(logical_id: str, properties: Properties, stack_name: str) -> Result:
        physical_id, attributes = create(logical_id, properties, stack_name)
        return physical_id, {**attributes, "CidrBlock": properties.get("CidrBlock", ""), "Ipv6CidrBlocks": []}

    return created


def mend() -> None:
    """Provide the types and the attributes."""
    security_groups.read_prefix_lists()
    hook.wrap_create("AWS::EC2::VPC", _with_cidr_attributes, blocking=False)
    for direction in _PEERS:
        create, delete, replacing = _rule_type(direction)
        register_cfn_type(f"AWS::EC2::SecurityGroup{direction}", create, delete, replacing=replacing)
    flow_log = ("DeliverLogsPermissionArn", "LogDestination", "LogDestinationType", "LogFormat", "LogGroupName",
                "MaxAggregationInterval", "ResourceId", "ResourceType", "Tags", "TrafficType")  # fmt: skip
    register_cfn_type("AWS::EC2::FlowLog", _create_flow_log, _delete_flow_log, replacing=flow_log)
