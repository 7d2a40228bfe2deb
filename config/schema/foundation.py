"""What every workload stands on: keys, identity, data and audit. Whatever an organisation has already may be named."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import ArnText, InstanceType, Settings

_KEY = "ARN of an existing KMS key in this account and region; null: the platform makes one."


class Keys(Settings):
    """One customer key per class of data."""

    data: ArnText | None = Field(None, description=f"Raw, processed and captured data. {_KEY}")
    artifacts: ArnText | None = Field(None, description=f"Models, code and volumes. {_KEY}")
    functions: ArnText | None = Field(None, description=f"Functions' environments. {_KEY}")
    logs: ArnText | None = Field(None, description=f"Log groups. {_KEY}")
    trail: ArnText | None = Field(None, description=f"The audit trail. {_KEY}")
    notifications: ArnText | None = Field(None, description=f"The operators' topic and the dead letters. {_KEY}")


class ContinuousIntegration(Settings):
    """The workflow that may deploy, by OpenID Connect: it holds no key."""

    provider: str = Field(
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._/-]+)?$",
        description="Host of the identity provider, without https://.",
        examples=["token.actions.githubusercontent.com"],
    )
    audience: str = Field("sts.amazonaws.com", min_length=1, description="The token's `aud`.")
    subject: str = Field(min_length=1, description="The token's exact `sub`, such as repo:org/repo:environment:prod.")
    provider_arn: ArnText | None = Field(None, description="An OIDC provider that exists; null: one is made.")


class DataScientist(Settings):
    """What the persona may start by hand."""

    instance_types: list[InstanceType] = Field(
        default_factory=lambda: ["ml.t3.medium", "ml.m5.large", "ml.m5.xlarge"], min_length=1
    )
    max_runtime_minutes: int = Field(480, ge=1, le=40320, description="Longest job, minutes.")


PermissionSet = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9+=,.@_-]{1,32}$",
        description="Name of a permission set: letters, digits and +=,.@_-, at most 32.",
        examples=["DataScience"],
    ),
]


class IdentitySettings(Settings):
    """Where roles live, what bounds them, and who may assume them."""

    role_path: str = Field(
        "/",
        pattern=r"^/([A-Za-z0-9_-]+/)*$",
        description="The organisation's path, a slash at both ends; roles are at "
        "<role_path><prefix>/<environment>/<kind>/.",
        examples=["/ml-platform/"],
    )
    permissions_boundary: ArnText | None = Field(
        None, description="ARN of an existing managed policy; null: the platform makes its own."
    )
    bootstrap_qualifier: str = Field(
        "hnb659fds",
        pattern=r"^[a-z0-9]{1,10}$",
        description="Of `cdk bootstrap`: lower case and digits, at most 10.",
        examples=["mlplatform"],
    )
    require_mfa: bool = Field(True, description="Personas are assumed with MFA. false: in local and dev only.")
    permission_sets: list[PermissionSet] = Field(
        default_factory=list,
        description="Permission sets of IAM Identity Center whose sessions may assume the people's roles: Identity "
        "Center asks for the second factor itself.",
    )
    break_glass_roles: list[ArnText] = Field(
        default_factory=list, description="ARNs of roles that may reach the buckets from outside the VPC."
    )
    ci: ContinuousIntegration | None = None
    data_scientist: DataScientist = DataScientist()


class DataSettings(Settings):
    """How long the buckets keep what."""

    object_lock_days: int | None = Field(
        None, ge=1, le=36500, description="Raw objects cannot be deleted for so many days (GOVERNANCE mode)."
    )
    noncurrent_days: int = Field(90, ge=1, le=36500, description="Replaced versions are deleted after so many days.")
    processed_days: int | None = Field(
        None, ge=1, le=36500, description="Processed data is deleted after so many days; null: never."
    )


class Trail(Settings):
    """An organisation's CloudTrail trail that records this account's management, S3 and SageMaker data events."""

    arn: ArnText
    log_group: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_./#-]{1,512}$",
        description="Its log group in this account; null: no filters.",
        examples=["organisation-trail"],
    )


class Audit(Settings):
    """What is recorded, for how long, and who is told."""

    trail: Trail | None = Field(None, description="null: the platform makes its own trail.")
    access_analyzer: Literal["own", "existing"] = Field(
        "own", description="Of external access, one for an account and region. existing: the account has one."
    )
    log_retention_days: int = Field(365, ge=365, description="Log groups, days; a value CloudWatch Logs accepts.")
    trail_retention_days: int = Field(2555, ge=365, le=36500, description="The trail's bucket, days.")
    emails: list[str] = Field(default_factory=list, description="Subscribers of the operators' topic.")
