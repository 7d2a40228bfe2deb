"""Production as it is deployed, and requests on its buckets as they reach S3."""

from __future__ import annotations

from dataclasses import dataclass, replace

from config import Platform
from review.iam import Deployed, Kind, Policies, Policy, Principal, Request
from review.iam.template import Resource, one

OTHER_ACCOUNT = "999999999999"
BREAK_GLASS = "organisation/break-glass"
EVERYTHING = [
    Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, source="administrator"),
]


@dataclass(frozen=True)
class Caller:
    """Who asks, with all that its own account gives it."""

    principal: Principal
    identity: list[Policy]
    boundary: list[Policy] | None = None
    project: str = ""


@dataclass(frozen=True)
class Production:
    """The policies of one environment's templates."""

    deployed: Deployed
    platform: Platform

    @property
    def endpoint(self) -> str:
        """The S3 endpoint's id."""
        found = [e for e in self.deployed.of("AWS::EC2::VPCEndpoint") if e.properties["ServiceName"].endswith(".s3")]
        return one(found, "S3 endpoint").ref

    def bucket(self, name: str) -> Resource:
        return one([b for b in self.deployed.of("AWS::S3::Bucket") if b.logical_id.startswith(name)], f"bucket {name}")

    def role(self, kind: str) -> Caller:
        """A deployed role by the last part of its path; the first one, since those of a kind differ in names only."""
        role = next(r for r in self.deployed.of("AWS::IAM::Role") if r.properties["Path"].endswith(f"/{kind}/"))
        tags = {tag["Key"]: tag["Value"] for tag in role.properties.get("Tags", [])}
        identity, boundary = self.deployed.identity(role), self.deployed.boundary(role)
        return Caller(Principal(role.arn), identity, boundary, tags.get("project", ""))

    def somebody(self, role: str, account: str = "") -> Caller:
        """A role that these stacks do not make; its own account lets it do anything."""
        return Caller(Principal(f"arn:aws:iam::{account or self.platform.account}:role/{role}"), EVERYTHING)

    def deployer(self) -> Caller:
        """CloudFormation's execution role, with the policies that the bootstrap stack makes for it."""
        own = {role.properties.get("PermissionsBoundary") for role in self.deployed.of("AWS::IAM::Role")}
        policies = [p for p in self.deployed.of("AWS::IAM::ManagedPolicy") if p.stack.endswith("-bootstrap")]
        granting = [p for p in policies if p.arn not in own and not p.carried_by]
        identity = [Policy.parse(p.properties["PolicyDocument"], source=p.path) for p in granting]
        qualifier, account, region = "hnb659fds", self.platform.account, self.platform.region
        role = f"role/cdk-{qualifier}-cfn-exec-role-{account}-{region}"
        return Caller(Principal(f"arn:aws:iam::{account}:{role}"), identity)

    def caller(self, who: str) -> Caller:
        """By the name that the table uses: a service, one who is not of these stacks, or a role's kind."""
        if who.endswith(".amazonaws.com"):
            return Caller(Principal(service=who), [])
        if who == "deployer":
            return self.deployer()
        outside = {"admin": "admin", "break-glass": BREAK_GLASS, "stranger": "r"}
        missing = {"custodian": f"{self.platform.prefix}/{self.platform.environment}/custodian/c"}
        if not self.platform.retain_data:
            missing = {}
        if name := (outside | missing).get(who):
            return self.somebody(name, OTHER_ACCOUNT if who == "stranger" else "")
        return self.role(who)

    def request(self, caller: Caller, case: dict[str, str]) -> Request:
        """A request over TLS 1.3. `bucket`: the beginning of a logical id, or a stranger's bucket by its name.

        `says`: `key=value`, which changes what S3 would say; without a value it says nothing.
        """
        account, bucket = self.platform.account, case["bucket"]
        own = bucket[0].isupper()
        said = {
            "aws:PrincipalAccount": caller.principal.account,
            "aws:PrincipalArn": caller.principal.arn,
            "aws:PrincipalIsAWSService": "true" if caller.principal.service else "false",
            "aws:PrincipalTag/project": caller.project,
            "aws:ResourceAccount": account if own else OTHER_ACCOUNT,
            "aws:SecureTransport": "true",
            "aws:SourceVpce": {"endpoint": self.endpoint, "internet": ""}.get(case["through"], case["through"]),
            "aws:ViaAWSService": "false",
            "s3:TlsVersion": "1.3",
        }
        trail = one(self.deployed.of("AWS::CloudTrail::Trail"), "trail").arn
        named = {"account": account, "data": self.bucket("Data").arn, "trail": trail}
        said |= dict(each.format(**named).split("=", 1) for each in case["says"].split())
        values: dict[str, str | list[str]] = {name: value for name, value in said.items() if value}
        arn = self.bucket(bucket).arn if own else f"arn:aws:s3:::{bucket}"
        resource = f"{arn}/{case['key'].format(**named)}" if case["key"] else arn
        return Request(case["action"], resource, caller.principal, values, said["aws:ResourceAccount"])

    def policies(self, caller: Caller, request: Request) -> Policies:
        """All that decides on the request; the endpoint's policy where it came through our endpoint."""
        through = request.context.get("aws:SourceVpce") == self.endpoint
        buckets = {bucket.arn: bucket for bucket in self.deployed.of("AWS::S3::Bucket")}
        bucket = buckets.get(request.resource.split("/")[0])
        decided = Policies(
            caller.identity,
            caller.boundary,
            # A foreign bucket lets in whom its owner likes: everyone.
            self.deployed.bucket_policy(bucket) if bucket else [_open_to_all()],
        )
        return replace(decided, endpoint=self.deployed.endpoint_policy("s3")) if through else decided


def _open_to_all() -> Policy:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return Policy.parse({"Statement": statement}, source="a stranger's bucket", kind=Kind.RESOURCE)
