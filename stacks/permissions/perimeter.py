"""What a bucket's own policy says: whom it refuses whatever their roles allow, and which service it lets write.

Deny statements that must lock nobody out who belongs: the network perimeter names actions on objects only, so that
CloudFormation, or an administrator who repairs a policy, is never outside it. Sources: aws-samples/
data-perimeter-policy-examples; IAM user guide, aws:SourceVpce, aws:ViaAWSService; each case is a test of the review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from stacks.permissions.statement import Conditions
from stacks.values.account import Account

# Everything that reads, writes, lists or deletes objects, and nothing that sets up a bucket.
READ = ("s3:GetObject*",)
DATA_PLANE = (
    *READ,
    "s3:PutObject*",
    "s3:DeleteObject*",
    "s3:RestoreObject",
    "s3:ListBucket*",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
)
NO_SERVICE = {"aws:PrincipalIsAWSService": "false"}


@dataclass(frozen=True)
class BucketStatement:
    """One statement of a bucket's policy. It can speak of that bucket only: `paths` are appended to the bucket's ARN.

    `principal`: `*`, or `{"Service": …}`.
    """

    sid: str
    actions: Sequence[str]
    conditions: Conditions
    principal: str | dict[str, str] = "*"
    paths: Sequence[str] = field(default=("", "/*"))
    effect: Literal["Allow", "Deny"] = "Deny"

    def document(self, bucket: str) -> dict[str, Any]:
        """The statement as IAM's JSON; `bucket` is the ARN."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": self.principal,
            "Action": list(self.actions),
            "Resource": [f"{bucket}{path}" for path in self.paths],
            "Condition": {operator: dict(keys) for operator, keys in self.conditions.items()},
        }


def of_every_bucket(account: Account) -> list[BucketStatement]:
    """TLS 1.2 at least, and nobody of another account: AWS services deliver logs without an account."""
    foreign = {"StringNotEqualsIfExists": {"aws:PrincipalAccount": account.id}, "BoolIfExists": NO_SERVICE}
    return [
        BucketStatement("TlsOnly", ["s3:*"], {"Bool": {"aws:SecureTransport": "false"}}),
        BucketStatement("Tls12", ["s3:*"], {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        BucketStatement("OwnAccountOnly", ["s3:*"], foreign),
    ]


def network(endpoint: str, *, exempt: Sequence[str], readers: Sequence[str] = ()) -> list[BucketStatement]:
    """Objects are reached through the S3 endpoint `endpoint` only, even with a role's credentials in hand.

    `exempt`: ARN patterns of roles that work from elsewhere, `readers`: of those that only read from there. A service
    that acts for a caller (aws:ViaAWSService), such as SageMaker looking for a model's artifact, is not in the VPC
    either.
    """

    def outside(sid: str, actions: Sequence[str], *roles: str) -> BucketStatement:
        conditions: dict[str, dict[str, object]] = {
            "StringNotEquals": {"aws:SourceVpce": endpoint},
            "ArnNotLike": {"aws:PrincipalArn": list(roles)},
            "BoolIfExists": {**NO_SERVICE, "aws:ViaAWSService": "false"},
        }
        return BucketStatement(sid, actions, conditions)

    if not readers:
        return [outside("ThroughTheEndpointOnly", DATA_PLANE, *exempt)]
    rest = [action for action in DATA_PLANE if action not in READ]
    return [
        outside("ThroughTheEndpointOnly", rest, *exempt),
        outside("ReadThroughTheEndpointOnly", READ, *exempt, *readers),
    ]


def deployers(account: Account, qualifier: str) -> list[str]:
    """The roles of `cdk bootstrap` that a deployment runs as: CloudFormation works from outside the VPC."""
    roles = [f"role/cdk-{qualifier}-{role}-role-{account.id}-{account.region}" for role in ("cfn-exec", "deploy")]
    return [account.global_arn("iam", role) for role in roles]


def encryption(key: str) -> list[BucketStatement]:
    """A put that says how it is encrypted says the bucket's key; one that says nothing gets it anyway."""
    kms, header = "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-server-side-encryption"
    other = {"StringNotEqualsIfExists": {kms: key}, "Null": {header: "false"}}
    customer = {"Null": {f"{header}-customer-algorithm": "false"}}
    return [
        BucketStatement("NoOtherKey", ["s3:PutObject"], other, paths=["/*"]),
        BucketStatement("NoCustomerProvidedKey", ["s3:PutObject"], customer, paths=["/*"]),
    ]
