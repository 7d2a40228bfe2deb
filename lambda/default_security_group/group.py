"""Rules of one security group."""

from __future__ import annotations

from typing import Any


def close(ec2: Any, group_id: str) -> None:
    """Revoke every rule there is; a group without rules stays as it is. `ec2`: boto3's client."""
    (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    if group["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=group["IpPermissions"])
    if group["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=group["IpPermissionsEgress"])
