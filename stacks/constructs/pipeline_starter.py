"""The rule that starts a pipeline when a batch of data is complete."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.scoped_role import ScopedRole, service

READY_MARKER = "_READY"


class PipelineStarter(Construct):
    """`raw/<model>/<batch>/_READY` starts the pipeline: one event for a batch of any number of files.

    The marker's key becomes the pipeline parameter `parameter`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline: sagemaker.CfnPipeline,
        bucket: s3.IBucket,
        model: str,
        parameter: str,
    ) -> None:
        super().__init__(scope, id)
        principal = service("events.amazonaws.com", cdk.Stack.of(self))
        starter = ScopedRole(
            self, "Role", principal=principal, description=f"EventBridge starts the pipeline of {model}"
        )
        arn = starter.arn("sagemaker", "pipeline", pipeline.pipeline_name)
        starter.allow("Start", ["sagemaker:StartPipelineExecution"], [arn])
        key = events.CfnRule.SageMakerPipelineParameterProperty(name=parameter, value="$.detail.object.key")
        parameters = events.CfnRule.SageMakerPipelineParametersProperty(pipeline_parameter_list=[key])
        rule = events.CfnRule(
            self,
            "DataReady",
            description=f"raw/{model}/<batch>/{READY_MARKER} starts the pipeline",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"wildcard": f"raw/{model}/*/{READY_MARKER}"}]},
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Pipeline",
                    arn=arn,
                    role_arn=starter.role.role_arn,
                    sage_maker_pipeline_parameters=parameters,
                )
            ],
        )
        rule.node.add_dependency(pipeline, starter.policy)
