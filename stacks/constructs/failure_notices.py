"""Rules that tell the operators, in one sentence, which job, pipeline or endpoint failed.

Events and their fields: SageMaker developer guide, Events that Amazon SageMaker sends to Amazon EventBridge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_events as events
from constructs import Construct

from stacks.values.account import Account

# Pipelines name their jobs `pipelines-<execution>-<step>-<random>`: the event of a job says no more about its owner.
PIPELINE_JOBS = "pipelines-"
# EventBridge's own limits, after which an event goes to the dead letters.
LONGEST_RETRY_SECONDS = 24 * 3600
MOST_RETRIES = 185


@dataclass(frozen=True)
class FailureNotice:
    """`detail` is the pattern of the event's detail; `<name>` in `sentence` stands for the path `fields[name]` in it.

    A field that an event lacks, such as the reason of a job that somebody stopped, leaves its place empty.
    """

    id: str
    event: str
    detail: Mapping[str, Sequence[object]]
    fields: Mapping[str, str]
    sentence: str


class FailureNotices(Construct):
    """One rule for each kind of event. `topic` and `dead_letters` are ARNs, `name` is `<prefix>-<environment>`."""

    def __init__(
        self, scope: Construct, id: str, *, account: Account, name: str, topic: str, dead_letters: str
    ) -> None:
        super().__init__(scope, id)
        rule = events.CfnRule
        retry = rule.RetryPolicyProperty(
            maximum_event_age_in_seconds=LONGEST_RETRY_SECONDS, maximum_retry_attempts=MOST_RETRIES
        )
        for notice in failure_notices(account, name):
            paths = {field: f"$.detail.{path}" for field, path in notice.fields.items()}
            target = rule.TargetProperty(
                id="Operators",
                arn=topic,
                input_transformer=rule.InputTransformerProperty(
                    input_paths_map={**paths, "time": "$.time"},
                    input_template=json.dumps(f"<time>: {notice.sentence}"),
                ),
                dead_letter_config=rule.DeadLetterConfigProperty(arn=dead_letters),
                retry_policy=retry,
            )
            pattern = {"source": ["aws.sagemaker"], "detail-type": [notice.event], "detail": notice.detail}
            rule(self, notice.id, description=f"{name}: {notice.event}", event_pattern=pattern, targets=[target])


def failure_notices(account: Account, name: str) -> list[FailureNotice]:
    """All of them, for the platform's own pipelines, their jobs, and the platform's endpoints."""
    own_pipelines = [{"prefix": account.arn("sagemaker", f"pipeline/{name}-")}]
    return [
        _job("TrainingJob", "Training Job"),
        _job("ProcessingJob", "Processing Job"),
        _job("HyperParameterTuningJob", "HyperParameter Tuning Job"),
        _job("TransformJob", "Transform Job"),
        FailureNotice(
            "PipelineExecution",
            "SageMaker Model Building Pipeline Execution Status Change",
            {"pipelineArn": own_pipelines, "currentPipelineExecutionStatus": ["Failed", "Stopped"]},
            {"execution": "pipelineExecutionArn", "status": "currentPipelineExecutionStatus"},
            "Pipeline execution <execution> is <status>.",
        ),
        FailureNotice(
            "PipelineStep",
            "SageMaker Model Building Pipeline Execution Step Status Change",
            {"pipelineArn": own_pipelines, "currentStepStatus": ["Failed"]},
            {"execution": "pipelineExecutionArn", "step": "stepName", "reason": "failureReason"},
            "Step <step> of pipeline execution <execution> failed. <reason>",
        ),
        FailureNotice(
            "Endpoint",
            "SageMaker Endpoint State Change",
            # These events write the states of DescribeEndpoint in capitals.
            {
                "EndpointName": [{"prefix": f"{name}-"}],
                "EndpointStatus": ["FAILED", "OUT_OF_SERVICE", "ROLLING_BACK", "UPDATE_ROLLBACK_FAILED"],
            },
            {"endpoint": "EndpointName", "status": "EndpointStatus", "reason": "FailureReason"},
            "Endpoint <endpoint> is <status>. <reason>",
        ),
    ]


def _job(noun: str, words: str) -> FailureNotice:
    return FailureNotice(
        noun,
        f"SageMaker {words} State Change",
        {f"{noun}Name": [{"prefix": PIPELINE_JOBS}], f"{noun}Status": ["Failed", "Stopped"]},
        {"job": f"{noun}Name", "status": f"{noun}Status", "reason": "FailureReason"},
        f"{words} <job> is <status>. <reason>",
    )
