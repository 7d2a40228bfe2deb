"""The schedule that starts a pipeline by itself."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from config.schema import StartSchedule
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import pipeline as permissions
from stacks.permissions import trust
from stacks.values.identity import Identity

_Schedule = scheduler.CfnSchedule
DAY_SECONDS = 86400


def pipeline_schedule(
    scope: Construct,
    *,
    identity: Identity,
    pipeline: sagemaker.CfnPipeline,
    name: str,
    model: str,
    settings: StartSchedule,
    dead_letters_arn: str,
    key: str,
) -> None:
    """Starts the pipeline `name`, which finds its newest batch itself. `key` encrypts schedule and dead letters."""
    account = identity.account
    role = ScopedRole(
        scope,
        "ScheduleRole",
        identity=identity,
        kind="pipeline-schedule",
        trust=trust.service("scheduler.amazonaws.com", account),
        description=f"EventBridge Scheduler starts the pipeline of {model}",
        statements=permissions.scheduler(account, name, dead_letters=dead_letters_arn, key=key),
    )
    schedule = _Schedule(
        scope,
        "Schedule",
        description=f"Trains {model}",
        schedule_expression=f"cron({settings.cron})",
        schedule_expression_timezone=settings.timezone,
        flexible_time_window=_Schedule.FlexibleTimeWindowProperty(mode="OFF"),
        kms_key_arn=key,
        target=_Schedule.TargetProperty(
            arn=account.arn("sagemaker", f"pipeline/{name}"),
            role_arn=role.role_arn,
            dead_letter_config=_Schedule.DeadLetterConfigProperty(arn=dead_letters_arn),
            # The next time comes by itself: a start that is a day late is one too many.
            retry_policy=_Schedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=DAY_SECONDS, maximum_retry_attempts=20
            ),
        ),
    )
    schedule.add_resource_dependency(pipeline)
