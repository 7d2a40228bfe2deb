"""The rule that starts a pipeline when a batch of data is complete."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import pipeline as permissions
from stacks.permissions import trust
from stacks.values.identity import Identity

READY_MARKER = "_READY"
# Data does not come back by itself, as a schedule does: a day of trying before it is a dead letter.
RETRY = events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=86400, maximum_retry_attempts=185)


class PipelineStarter:
    """`raw/<model>/<batch>/_READY` starts the pipeline: one event for a batch of any number of files.

    The marker's key becomes the parameter `parameter` of the pipeline called `name`.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        identity: Identity,
        pipeline: sagemaker.CfnPipeline,
        name: str,
        bucket: str,
        model: str,
        parameter: str,
        dead_letters_arn: str,
    ) -> None:
        account = identity.account
        starter = ScopedRole(
            scope,
            "StarterRole",
            identity=identity,
            kind="pipeline-start",
            trust=trust.service("events.amazonaws.com", account),
            description=f"EventBridge starts the pipeline of {model}",
            statements=permissions.starter(account, name),
        )
        key = events.CfnRule.SageMakerPipelineParameterProperty(name=parameter, value="$.detail.object.key")
        parameters = events.CfnRule.SageMakerPipelineParametersProperty(pipeline_parameter_list=[key])
        rule = events.CfnRule(
            scope,
            "DataReady",
            description=f"raw/{model}/<batch>/{READY_MARKER} starts the pipeline",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [bucket]},
                    "object": {"key": [{"wildcard": f"raw/{model}/*/{READY_MARKER}"}]},
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Pipeline",
                    arn=account.arn("sagemaker", f"pipeline/{name}"),
                    role_arn=starter.role_arn,
                    sage_maker_pipeline_parameters=parameters,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters_arn),
                    retry_policy=RETRY,
                )
            ],
        )
        rule.add_resource_dependency(pipeline)
