"""Pipelines end to end: parallel branches, conditions, property files, failures and who acts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import eventually
from tests.local.sagemaker.workshop import SERVICE, Workshop, channel, unique
from tests.local.stacks import make_role, make_rule

PIPELINE_ACTIONS = ("sagemaker:*", "iam:PassRole", "s3:GetObject")


def _steps(workshop: Workshop, job_role: str) -> list[dict[str, Any]]:
    evaluate = workshop.processing(job_role, "import os, sys; open(sys.argv[1], 'w').write(sys.argv[2])")
    report = json.dumps({"metrics": {"macro_f1": {"value": 0.7}}})
    evaluate["AppSpecification"]["ContainerArguments"] += ["/opt/ml/processing/report/evaluation.json", report]
    target = workshop.output("report", "unused")
    target["S3Output"]["S3Uri"] = {
        "Std:Join": {
            "On": "/",
            "Values": [f"s3://{workshop.bucket}", {"Get": "Execution.PipelineExecutionId"}, "report"],
        }
    }
    evaluate["ProcessingOutputConfig"] = {"Outputs": [target]}
    wait = "import pathlib, os\npathlib.Path(os.environ['SM_MODEL_DIR'], 'm').write_text('{}')\n"
    train = workshop.training(job_role, wait)
    train["InputDataConfig"].append(
        channel("report", "unused")
    )  # fmt: skip
    source = train["InputDataConfig"][1]["DataSource"]["S3DataSource"]
    source["S3Uri"] = {"Get": "Steps.Evaluate.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"}
    file = {"PropertyFileName": "Report", "OutputName": "report", "FilePath": "evaluation.json"}
    return [
        {"Name": "Evaluate", "Type": "Processing", "Arguments": evaluate, "PropertyFiles": [file]},
        {"Name": "Train-one", "Type": "Training", "Arguments": train},
        {"Name": "Train-two", "Type": "Training", "Arguments": train},
    ]


def _gate(group: str, *, threshold: object) -> dict[str, Any]:
    value = {
        "Std:JsonGet": {
            "PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"},
            "Path": "metrics.macro_f1.value",
        }
    }
    container = {"Image": "image", "ModelDataUrl": {"Get": "Steps.Train-one.ModelArtifacts.S3ModelArtifacts"}}
    register = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    }
    message = {"Std:Join": {"On": " ", "Values": ["macro_f1 is below", threshold]}}
    return {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "GreaterThanOrEqualTo", "LeftValue": value, "RightValue": threshold}],
            "IfSteps": [{"Name": "Register", "Type": "RegisterModel", "Arguments": register}],
            "ElseSteps": [{"Name": "Below", "Type": "Fail", "Arguments": {"ErrorMessage": message}}],
        },
    }


def _group(workshop: Workshop) -> str:
    name = unique("group")
    workshop.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def should_run_independent_steps_at_the_same_time_and_register_what_passes_the_gate(workshop: Workshop) -> None:
    group, job_role = _group(workshop), workshop.role()
    steps = [*_steps(workshop, job_role), _gate(group, threshold={"Get": "Parameters.AtLeast"})]
    pipeline = workshop.pipeline(
        workshop.role(actions=PIPELINE_ACTIONS), steps, [{"Name": "AtLeast", "Type": "Float", "DefaultValue": 0.6}]
    )
    execution, done = workshop.executed(pipeline)
    assert execution["PipelineExecutionStatus"] == "Succeeded", (execution, done)
    one, two = done["Train-one"], done["Train-two"]
    assert max(one["StartTime"], two["StartTime"]) < min(one["EndTime"], two["EndTime"])
    assert done["Gate"]["Metadata"]["Condition"]["Outcome"] == "True"
    package = done["Register"]["Metadata"]["RegisterModel"]["Arn"]
    described = workshop.sagemaker.describe_model_package(ModelPackageName=package)
    artifact = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    assert "/models/pipelines-" in artifact and artifact.endswith("/output/model.tar.gz")
    assert "Below" not in done


def should_fail_with_the_message_of_the_fail_step_below_the_threshold(workshop: Workshop) -> None:
    steps = [*_steps(workshop, workshop.role()), _gate(_group(workshop), threshold={"Get": "Parameters.AtLeast"})]
    pipeline = workshop.pipeline(
        workshop.role(actions=PIPELINE_ACTIONS), steps, [{"Name": "AtLeast", "Type": "Float", "DefaultValue": 0.6}]
    )
    execution, done = workshop.executed(pipeline, AtLeast="0.9")
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "Below" in execution["FailureReason"]
    assert done["Below"]["FailureReason"] == "macro_f1 is below 0.9"
    assert "Register" not in done


def should_stop_at_a_failed_job_and_start_nothing_after_it(workshop: Workshop) -> None:
    steps = _steps(workshop, workshop.role(actions=("s3:GetObject", "s3:ListBucket")))
    execution, done = workshop.executed(workshop.pipeline(workshop.role(actions=PIPELINE_ACTIONS), steps))
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "Evaluate" in execution["FailureReason"]
    assert "AccessDenied" in done["Evaluate"]["FailureReason"]
    assert set(done) == {"Evaluate"}


def should_create_jobs_as_the_pipelines_role(workshop: Workshop) -> None:
    steps = _steps(workshop, workshop.role())[:1]
    may_not_pass = workshop.role(actions=("sagemaker:*",))
    execution, done = workshop.executed(workshop.pipeline(may_not_pass, steps))
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "iam:PassRole" in done["Evaluate"]["FailureReason"]


def should_stop_the_running_jobs_with_the_execution(workshop: Workshop) -> None:
    arguments = workshop.processing(workshop.role(), "import time\nfor _ in range(600): time.sleep(1)")
    step = {"Name": "Hang", "Type": "Processing", "Arguments": arguments}
    pipeline = workshop.pipeline(workshop.role(actions=PIPELINE_ACTIONS), [step])
    arn = workshop.sagemaker.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]

    def job() -> str | None:
        steps = workshop.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return steps[0].get("Metadata", {}).get("ProcessingJob", {}).get("Arn") if steps else None

    name = str(eventually(job)).rsplit("/", 1)[-1]
    workshop.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    def status() -> bool:
        found = workshop.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Stopped")

    eventually(status)
    assert workshop.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Stopped"


def should_start_one_execution_for_one_request_token(workshop: Workshop) -> None:
    fail = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "end"}}
    pipeline = workshop.pipeline(workshop.role(actions=PIPELINE_ACTIONS), [fail])
    token = unique("token").ljust(40, "x")
    start = workshop.sagemaker.start_pipeline_execution
    first, second = (start(PipelineName=pipeline, ClientRequestToken=token)["PipelineExecutionArn"] for _ in range(2))
    assert first == second
    listed = workshop.sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]
    assert len(listed) == 1


def should_start_by_an_event_with_the_targets_role_and_tell_each_change(workshop: Workshop) -> None:
    queue = workshop.cloud.client("sqs")
    url = queue.create_queue(QueueName=unique("events"))["QueueUrl"]
    queue_arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    make_rule(workshop.cloud, unique("seen"), {"source": ["aws.sagemaker"]}, {"Arn": queue_arn})
    fail = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "end"}}
    pipeline = workshop.pipeline(workshop.role(actions=PIPELINE_ACTIONS), [fail])
    role = make_role(
        workshop.cloud,
        unique("starter"),
        "events.amazonaws.com",
        {"Action": "sagemaker:StartPipelineExecution", "Resource": "*"},
    )
    pipeline_arn = workshop.sagemaker.describe_pipeline(PipelineName=pipeline)["PipelineArn"]
    source = unique("source")
    make_rule(workshop.cloud, unique("start"), {"source": [source]}, {"Arn": pipeline_arn, "RoleArn": role})
    workshop.cloud.client("events").put_events(Entries=[{"Source": source, "DetailType": "d", "Detail": "{}"}])
    details: list[dict[str, Any]] = []

    def ended() -> bool:
        for message in queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            details.append(json.loads(message["Body"])["detail"])
        statuses = [d.get("currentPipelineExecutionStatus") for d in details if d.get("pipelineArn") == pipeline_arn]
        return "Failed" in statuses

    eventually(ended)
    changes = [d["currentStepStatus"] for d in details if d.get("stepName") == "End"]
    assert sorted(changes) == ["Executing", "Failed"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"Name": "T", "Type": "Callback", "Arguments": {}}, "Callback"),
        ({"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.Gone.Status"}}}, "Gone"),
        ({"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}, "SqsQueueUrl": "x"}, "SqsQueueUrl"),
    ],
)
def should_refuse_an_unsound_definition_when_it_is_stored(
    workshop: Workshop, step: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{reason}"):
        workshop.pipeline(workshop.role(), [step])


def should_list_executions_by_time_and_by_arn(workshop: Workshop) -> None:
    fail = {"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
    pipeline = workshop.pipeline(workshop.role(), [fail])
    executions = [workshop.executed(pipeline)[0] for _ in range(3)]
    arns = [execution["PipelineExecutionArn"] for execution in executions]

    def listed(**options: Any) -> list[str]:
        found = workshop.sagemaker.list_pipeline_executions(PipelineName=pipeline, **options)
        return [summary["PipelineExecutionArn"] for summary in found["PipelineExecutionSummaries"]]

    middle = executions[1]["CreationTime"]
    assert listed() == arns[::-1]
    assert listed(SortBy="PipelineExecutionArn", SortOrder="Ascending") == sorted(arns)
    assert arns[0] not in listed(CreatedAfter=middle) and arns[2] in listed(CreatedAfter=middle)
    assert arns[2] not in listed(CreatedBefore=middle) and arns[0] in listed(CreatedBefore=middle)
    created = workshop.sagemaker.describe_pipeline(PipelineName=pipeline)["CreationTime"]
    earlier = workshop.sagemaker.list_pipelines(PipelineNamePrefix=pipeline, CreatedBefore=created - timedelta(days=1))
    assert not earlier["PipelineSummaries"]


def should_not_let_another_service_run_a_pipeline(workshop: Workshop) -> None:
    role = make_role(workshop.cloud, unique("other"), "lambda.amazonaws.com")
    with pytest.raises(ClientError, match=SERVICE):
        workshop.pipeline(role, [{"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}])
