"""The record of who did what: every management call of the account, and what touched the platform's data and models."""

from __future__ import annotations

from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.schema import Audit
from stacks.constructs.private_bucket import PrivateBucket
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import trust
from stacks.permissions.audit import trail_delivery, trail_log_group, trail_logs, trail_name
from stacks.values.account import Account
from stacks.values.identity import Identity

# CloudTrail replaces no file: whatever is not current was replaced by somebody else, and is kept to be looked at.
NONCURRENT_DAYS = 365
Selector = cloudtrail.CfnTrail.AdvancedEventSelectorProperty
Field = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty


class AuditTrail(Construct):
    """A trail of all regions, to a bucket that keeps everything and to a log group for alarms, both by name.

    `key` is the trail key's ARN, `access_logs` the name of the bucket for the trail's bucket's own accesses.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        identity: Identity,
        key: str,
        access_logs: str,
        settings: Audit,
        retain: bool,
    ) -> None:
        super().__init__(scope, id)
        account = identity.account
        days = settings.trail_retention_days
        bucket = PrivateBucket(
            self,
            "Bucket",
            account=account,
            key=key,
            access_logs=access_logs,
            noncurrent_days=NONCURRENT_DAYS,
            retain=retain,
            statements=trail_delivery(account, name),
            expire={"": days},
            # A locked bucket cannot be emptied with its stack.
            lock_days=days if retain else None,
            # The key lets CloudTrail in by the trail that it encrypts for; a bucket key would show it the bucket.
            bucket_key=False,
        )
        group = logs.CfnLogGroup(
            self,
            "Logs",
            log_group_name=trail_log_group(name),
            kms_key_id=key,
            retention_in_days=settings.log_retention_days,
        )
        self.log_group, self.bucket = group.ref, bucket.name
        role = ScopedRole(
            self,
            "LogsRole",
            identity=identity,
            kind="trail-logs",
            trust=trust.cloudtrail_service(),
            description=f"{name}: the trail writes to its log group",
            statements=trail_logs(account, name),
        )
        trail = cloudtrail.CfnTrail(
            self,
            "Trail",
            trail_name=trail_name(name),
            is_logging=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            s3_bucket_name=bucket.name,
            kms_key_id=key,
            cloud_watch_logs_log_group_arn=group.attr_arn,
            cloud_watch_logs_role_arn=role.role_arn,
            advanced_event_selectors=selectors(account, name),
        )
        trail.add_resource_dependency(bucket.policy)


def selectors(account: Account, name: str) -> list[Selector]:
    """Reads and writes alike: a selector without `readOnly` records both. `name` is `<prefix>-<environment>`.

    The Data stack's buckets come later, and CloudFormation begins their names with the stack's: so by that.
    A trial component (the metrics of a run) is named by SageMaker, so all of the account's are recorded.
    """
    endpoints = account.arn("sagemaker", f"endpoint/{name}-")
    features = account.arn("sagemaker", f"feature-group/{name}-")
    return [
        Selector(name="Management", field_selectors=[Field(field="eventCategory", equal_to=["Management"])]),
        _data("Objects", "AWS::S3::Object", account.bucket(f"{name}-data-")),
        _data("Functions", "AWS::Lambda::Function", account.arn("lambda", f"function:{name}-")),
        _data("Endpoints", "AWS::SageMaker::Endpoint", endpoints),
        _data("FeatureGroups", "AWS::SageMaker::FeatureGroup", features),
        _data("Metrics", "AWS::SageMaker::ExperimentTrialComponent"),
    ]


def _data(name: str, type: str, *starts_with: str) -> Selector:
    fields = [Field(field="eventCategory", equal_to=["Data"]), Field(field="resources.type", equal_to=[type])]
    if starts_with:
        fields.append(Field(field="resources.ARN", starts_with=list(starts_with)))
    return Selector(name=name, field_selectors=fields)
