"""What an administrator does once, done twice."""

from __future__ import annotations

from tests.end_to_end.conftest import Ashlar, make


def should_change_nothing_when_it_is_repeated(ashlar: Ashlar) -> None:
    again = make("bootstrap", state=ashlar.state)
    said = again.stdout + again.stderr
    assert again.returncode == 0, said
    assert "ashlar-local-bootstrap (no changes)" in said
    assert "bootstrapped (no changes)" in said


def should_give_cloudformation_the_limited_policies_only(ashlar: Ashlar) -> None:
    role = "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1"
    iam = ashlar.client("iam")
    attached = {policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]}
    assert attached == set(ashlar.outputs("bootstrap")["ExecutionPolicies"].split(","))
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def should_bound_every_role_of_the_platform(ashlar: Ashlar) -> None:
    iam = ashlar.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles(PathPrefix="/ashlar/local/", MaxItems=1000)["Roles"]]
    limits = {iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles}
    assert limits == {"arn:aws:iam::123456789012:policy/ashlar-bootstrap/local/ashlar-local-boundary"}
