"""What limits a deployment: the boundary of all roles, and the policies of the role that CloudFormation works with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, doubtful, good


def checks(platform: Platform) -> Iterator[Check]:
    """The permissions boundary, the organisation's or the platform's own; the execution policies."""
    identity, again = platform.identity, f"make bootstrap ENV={platform.environment}."
    own = identity.permissions_boundary is None
    ask = partial(_boundary, arn=platform.boundary_arn, fix=again if own else "correct the ARN, or make the policy.")
    path = "identity.permissions_boundary"
    yield Check("permissions boundary", "exists", path, identity.permissions_boundary, "BOUNDARY-EXISTS", ask)
    qualifier = identity.bootstrap_qualifier
    role = f"cdk-{qualifier}-cfn-exec-role-{platform.account}-{platform.region}"
    ours = f"arn:{platform.partition}:iam::{platform.account}:policy{platform.bootstrap_path}{platform.name('deploy-')}"
    limits = partial(_execution, role=role, ours=ours, path=platform.bootstrap_path, again=again)
    path, needed = "identity.bootstrap_qualifier", f"all of {ours}*"
    yield Check("execution policies", needed, path, qualifier, "BOOTSTRAP-LIMITS", limits)


def _boundary(cloud: Cloud, arn: str, fix: str) -> Answer:
    if not cloud.find("iam", "get_policy", PolicyArn=arn):
        return bad("absent", f"no role can be made without {arn}.", fix)
    return good("exists")


def _execution(cloud: Cloud, role: str, ours: str, path: str, again: str) -> Answer:
    """A deployment works with an organisation's own policies as well, if they allow enough: then it is only said."""
    if not cloud.find("iam", "get_role", RoleName=role):
        return bad("no role", f"CloudFormation's role {role} does not exist.", again)
    policies = cloud.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    attached = {policy["PolicyArn"] for policy in policies}
    if any(arn.endswith(":aws:policy/AdministratorAccess") for arn in attached):
        message = (
            "a deployment works, but nothing limits it: whoever deploys or changes a template is an administrator."
        )
        return doubtful("AdministratorAccess", message, f"{again} It replaces the role's policies.")
    other = sorted(arn for arn in attached if not arn.startswith(ours))
    if other or not attached:
        message = "these are not the platform's own: a deployment fails if they allow less, and is not limited if more."
        return doubtful(", ".join(other) or "none", message, f"compare with `make bootstrap-policy`, or {again}")
    made = cloud.all("iam", "list_policies", "Policies", Scope="Local", PathPrefix=path)
    lacking = sorted({policy["Arn"] for policy in made if policy["Arn"].startswith(ours)} - attached)
    if lacking:
        return doubtful(f"without {', '.join(lacking)}", "what these allow, a deployment may not do.", again)
    return good(f"{len(attached)} of the platform's")
