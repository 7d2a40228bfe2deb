"""A rule of EventBridge that wakes a function."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.private_function import PrivateFunction

# An event is worth an hour of trying: by then a schedule has made it good.
RETRY = events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=3600, maximum_retry_attempts=10)


class WakeUp(Construct):
    """By events that match `pattern`, or by `schedule`. What cannot be delivered goes to the dead letters."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PrivateFunction,
        description: str,
        dead_letters_arn: str,
        pattern: dict[str, Any] | None = None,
        schedule: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        rule = events.CfnRule(
            self,
            "Rule",
            description=description,
            event_pattern=pattern,
            schedule_expression=schedule,
            targets=[
                events.CfnRule.TargetProperty(
                    id="Function",
                    arn=function.arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters_arn),
                    retry_policy=RETRY,
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=function.arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
