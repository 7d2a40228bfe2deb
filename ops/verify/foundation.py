"""What all endpoints stand on: the stacks, the roles' boundary, the buckets' keys, the VPC endpoints' policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ops.checks.row import Answer, Check, Verdict, bad
from ops.verify.deployment import DeployedStack, Deployment
from ops.verify.question import check, compared

AGAIN = "find out who changed it, and deploy again."


def checks(deployment: Deployment) -> Iterator[Check]:
    """Of every stack of the environment."""
    if not deployment.stacks:
        yield check("stacks", "environment", "VERIFY-STACKS", _nothing, deployment)
        return
    for stack in deployment.stacks.values():
        yield check(f"stack {stack.name}", "environment", "VERIFY-STACK", _steady, stack)
    path = "identity.permissions_boundary"
    yield check("roles: permissions boundary", path, "VERIFY-BOUNDARY", _boundaries, deployment)
    for stack in deployment.stacks.values():
        for id in stack.of_type("AWS::S3::Bucket"):
            yield check(f"bucket {id} of {stack.name}", "keys", "VERIFY-BUCKET", _bucket, deployment, stack, id)
        for id in stack.of_type("AWS::EC2::VPCEndpoint"):
            yield check(f"VPC endpoint {id}", "network", "VERIFY-ENDPOINT-POLICY", _policy, deployment, stack, id)


def _nothing(deployment: Deployment) -> Answer:
    fix = f"make deploy ENV={deployment.platform.environment}"
    return bad("none", f"no stack has the tags of {deployment.platform.name()}: nothing is deployed.", fix)


def _steady(stack: DeployedStack) -> Answer:
    """One that was rolled back stands as it was before: that is what its checks compare with."""
    if stack.status.endswith("_FAILED"):
        return bad(
            stack.status, "the stack's last operation did not end well.", "look at its events, and deploy again."
        )
    if stack.status.endswith("_IN_PROGRESS"):
        message = "what is declared is about to change."
        return Answer(stack.status, Verdict.WARNING, message, "verify again when it has ended.")
    return Answer(stack.status)


def _boundaries(deployment: Deployment) -> Answer:
    """Of all roles of the stacks, and of any other below the environment's path."""
    wanted = deployment.platform.boundary_arn
    names = {stack.physical(id) for stack in deployment.stacks.values() for id in stack.of_type("AWS::IAM::Role")}
    path = deployment.platform.role_path
    listed = deployment.cloud.all("iam", "list_roles", "Roles", PathPrefix=path)
    names |= {role["RoleName"] for role in listed}
    # A list of roles does not say their boundary.
    differing = [name for name in sorted(names) if _boundary(deployment, name) != wanted]
    if not differing:
        return Answer(f"{len(names)} roles", needed=wanted)
    message = "these roles may do more than the boundary allows, or do not exist."
    return Answer(f"not {', '.join(differing)}", Verdict.ERROR, message, AGAIN, wanted)


def _boundary(deployment: Deployment, name: str) -> str | None:
    role = deployment.cloud.find("iam", "get_role", RoleName=name)
    arn: str | None = (role or {}).get("Role", {}).get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


def _bucket(deployment: Deployment, stack: DeployedStack, id: str) -> Answer:
    properties = stack.of_type("AWS::S3::Bucket")[id]
    rules = stack.value(properties.get("BucketEncryption", {})).get("ServerSideEncryptionConfiguration", [])
    declared = [_encryption(its.get("ServerSideEncryptionByDefault", {})) for its in rules]
    answer = deployment.cloud.find("s3", "get_bucket_encryption", Bucket=stack.physical(id)) or {}
    live = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    found = [_encryption(its.get("ApplyServerSideEncryptionByDefault", {})) for its in live]
    return compared(found, declared, "what is written to the bucket is encrypted otherwise than declared.", AGAIN)


def _encryption(default: dict[str, Any]) -> str:
    """A key by its id: S3 takes an ARN as well."""
    key = default.get("KMSMasterKeyID", "")
    return f"{default.get('SSEAlgorithm')} {key.rsplit('/', 1)[-1]}".strip()


def _policy(deployment: Deployment, stack: DeployedStack, id: str) -> Answer:
    properties = stack.of_type("AWS::EC2::VPCEndpoint")[id]
    declared = _statements(stack.value(properties["PolicyDocument"]))
    physical = stack.physical(id)
    found = deployment.cloud.all("ec2", "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[physical])
    if not found:
        return bad("absent", f"{physical} does not exist.", AGAIN)
    text = found[0].get("PolicyDocument")
    if not text:
        return bad("no policy", f"{physical} shows no policy: whatever the roles allow may pass.", AGAIN)
    live = _statements(json.loads(text))
    missing = [sid for sid, its in declared.items() if live.get(sid) != its]
    more = [sid for sid in live if sid not in declared]
    needed = f"{len(declared)} statements"
    if not missing and not more:
        return Answer(f"{len(live)} statements", needed=needed)
    said = "; ".join(
        filter(None, [f"differing: {', '.join(missing)}" * bool(missing), f"more: {', '.join(more)}" * bool(more)])
    )
    return Answer(said, Verdict.ERROR, "more or less may pass through it than declared.", AGAIN, needed)


def _statements(policy: dict[str, Any]) -> dict[str, str]:
    """Sid -> the statement, the same for every way to write it: one element may stand without its list."""
    statements = policy.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {str(its.get("Sid", number)): json.dumps(_plain(its), sort_keys=True) for number, its in enumerate(listed)}


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        if node == {"AWS": "*"}:
            return ["*"]
        return {key: _plain(value) for key, value in node.items()}
    return sorted(map(str, node)) if isinstance(node, list) else [str(node)]
