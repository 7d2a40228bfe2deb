"""What the SageMaker developer guide's security chapter asks for and no managed control checks."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate, Statement
from review.controls.findings import Finding, expect, state
from review.controls.network import addresses, has_endpoint, service_of
from review.controls.registry import control
from review.iam import Policy, Request, explicitly_denied
from review.iam.template import Resource

FROM_VPC = {"aws:sourcevpce", "aws:sourcevpc"}
PRESIGNED = ("sagemaker:CreatePresignedDomainUrl", "sagemaker:CreatePresignedNotebookInstanceUrl")


@control("SMDG-02")
def presigned_urls_from_the_vpc(estate: Estate) -> Iterator[Finding]:
    for statement in estate.identity_statements:
        if statement.allows and set(PRESIGNED) & set(statement.actions):
            yield state(statement.holder, bool(FROM_VPC & statement.condition_keys), f"{statement} by aws:SourceVpce")


@control("SMDG-03")
def people_call_from_the_vpc(estate: Estate) -> Iterator[Finding]:
    """Data scientists reach SageMaker through its endpoint; the console stays closed to them."""
    roles = estate.of("IAM::Role")
    people = {role.ref for role in roles if role.properties.get("Path", "").endswith("/data-scientist/")}
    for policy in estate.of("IAM::ManagedPolicy"):
        if people & policy.carried_by:
            own = [s for s in estate.identity_statements if s.holder is policy]
            yield state(policy, all(_limited(s, own) for s in own if s.allows), "sagemaker actions by aws:SourceVpce")


@control("SMDG-05")
def no_foreign_buckets(estate: Estate) -> Iterator[Finding]:
    """Amazon Linux's repositories and every other bucket that nobody named stay closed."""
    for endpoint in estate.of("EC2::VPCEndpoint"):
        if service_of(endpoint) != "s3":
            continue
        for body in endpoint.properties.get("PolicyDocument", {"Statement": [{"Effect": "Allow"}]})["Statement"]:
            statement = Statement(endpoint, body)
            wide = not statement.resources or {"*", "arn:aws:s3:::*"} & set(statement.resources)
            limited = not wide or "aws:resourceaccount" in statement.condition_keys
            yield state(endpoint, limited or not statement.allows, f"{statement} names buckets or the own account")


@control("SMDG-06")
def subnets_large_enough(estate: Estate) -> Iterator[Finding]:
    """Two addresses an instance, in two zones or more, on shared hardware."""
    for vpc in estate.of("EC2::VPC"):
        zones = {subnet.properties["AvailabilityZone"] for subnet in estate.of("EC2::Subnet")}
        targets = estate.of("ApplicationAutoScaling::ScalableTarget")
        instances = sum(target.properties["MaxCapacity"] for target in targets)
        free = addresses(estate)
        yield state(vpc, len(zones) >= 2, f"{len(zones)} availability zones")
        yield state(vpc, free >= 2 * instances, f"{free} addresses for {instances} instances")
        yield state(vpc, vpc.properties.get("InstanceTenancy", "default") == "default", "default tenancy")


@control("SMDG-09")
def private_dns(estate: Estate) -> Iterator[Finding]:
    for vpc in estate.of("EC2::VPC"):
        yield expect(vpc, "EnableDnsSupport", True)
        yield expect(vpc, "EnableDnsHostnames", True)
    for endpoint in estate.of("EC2::VPCEndpoint"):
        if endpoint.properties.get("VpcEndpointType") == "Interface":
            yield expect(endpoint, "PrivateDnsEnabled", True)


@control("SMDG-10")
def notebooks_opened_from_the_vpc(estate: Estate) -> Iterator[Finding]:
    for type, service in (("NotebookInstance", "sagemaker.notebook"), ("Domain", "sagemaker.studio")):
        if estate.of(f"SageMaker::{type}"):
            yield from has_endpoint(estate, service)


@control("SMDG-11")
def network_interfaces_unfiltered(estate: Estate) -> Iterator[Finding]:
    """SageMaker's jobs fail when the network-interface actions of their role carry a filter."""
    for statement in estate.identity_statements:
        if statement.allows and "ec2:CreateNetworkInterface" in statement.actions and _is_sagemakers(estate, statement):
            unfiltered = statement.resources == ["*"] and not statement.condition_keys
            yield state(statement.holder, unfiltered, f"{statement} on any resource, without condition")


@control("SMDG-12")
def access_by_tag(estate: Estate) -> Iterator[Finding]:
    """Whoever may tag could otherwise give himself access; and projects are kept apart by their tag."""
    for statement in estate.identity_statements:
        if statement.allows and "sagemaker:AddTags" in statement.actions:
            limited = {"sagemaker:taggingaction"} & statement.condition_keys
            yield state(statement.holder, bool(limited), f"{statement}: AddTags by sagemaker:TaggingAction")
    by_tag = [s for s in estate.identity_statements if any(k.startswith("aws:resourcetag/") for k in s.condition_keys)]
    yield from (state(s.holder, True, f"{s} by aws:ResourceTag") for s in by_tag)
    if not by_tag:
        yield Finding(False, "templates", "no statement separates projects by aws:ResourceTag")


def _denied_by_boundary(id: str, *requests: tuple[str, dict[str, str]]) -> None:
    def check(estate: Estate) -> Iterator[Finding]:
        if not estate.boundaries and not estate.setting("identity.permissions_boundary"):
            yield Finding(False, "templates", "no permissions boundary")
        for boundary in estate.boundaries:
            policy = Policy.parse(boundary.properties["PolicyDocument"], source=boundary.path)
            for action, context in requests:
                shown = " ".join([action, *(f"{key}={value}" for key, value in context.items())])
                denied = explicitly_denied(policy, Request(action, "*", context=context))
                yield state(boundary, denied, f"denies {shown}" + ("" if denied else ": no"))

    check.__name__ = f"boundary_denies_{requests[0][0].split(':')[1]}"
    control(id)(check)


_denied_by_boundary(
    "sm:remote-debug",
    ("sagemaker:CreateTrainingJob", {"sagemaker:EnableRemoteDebug": "true"}),
    ("sagemaker:UpdateTrainingJob", {"sagemaker:EnableRemoteDebug": "true"}),
)
_denied_by_boundary(
    "sm:space-remote-access",
    ("sagemaker:StartSession", {}),
    ("sagemaker:CreateSpace", {"sagemaker:RemoteAccess": "ENABLED"}),
    ("sagemaker:UpdateSpace", {"sagemaker:RemoteAccess": "ENABLED"}),
)
_denied_by_boundary("sm:bearer-token", ("sagemaker:CallWithBearerToken", {}))


def _limited(statement: Statement, own: list[Statement]) -> bool:
    if not any(action.startswith("sagemaker:") for action in statement.actions):
        return True
    guarded = any(not s.allows and FROM_VPC & s.condition_keys and "sagemaker:*" in s.actions for s in own)
    return guarded or bool(FROM_VPC & statement.condition_keys)


def _is_sagemakers(estate: Estate, statement: Statement) -> bool:
    """The policy belongs to a role that SageMaker assumes."""
    trusted = {t.holder.ref for t in estate.trust_statements if ("Service", "sagemaker.amazonaws.com") in t.principals}
    holder: Resource = statement.holder
    return bool(trusted & {holder.ref, *holder.carried_by})
