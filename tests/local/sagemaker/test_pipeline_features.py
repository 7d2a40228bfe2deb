"""Caching, retries, functions, models, stops and second attempts of pipelines, end to end."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import ACCOUNT, REGION, LocalCloud, eventually, run_launcher
from tests.local.sagemaker.workshop import Workshop, unique
from tests.local.stacks import make_function, make_role

Json = dict[str, Any]
ACTIONS = ("sagemaker:*", "iam:PassRole", "s3:GetObject", "lambda:InvokeFunction")
CACHED = {"Enabled": True, "ExpireAfter": "P1D"}
RETRIED = {"IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 3}


def _processing(workshop: Workshop, name: str, script: str, **fields: Any) -> Json:
    return {"Name": name, "Type": "Processing", "Arguments": workshop.processing(workshop.role(), script), **fields}


def _fail_next(cloud: LocalCloud, where: str, code: str, times: int = 1) -> None:
    done = run_launcher("fail", where, code, "--times", str(times), state=cloud.state)
    assert done.returncode == 0, done.stderr


def _metadata(step: Json, kind: str) -> str:
    return str(step["Metadata"][kind]["Arn"])


def should_reuse_the_result_of_an_earlier_execution_with_the_same_arguments(workshop: Workshop) -> None:
    step = _processing(workshop, "Count", "print('counting')", CacheConfig=CACHED)
    step["Arguments"]["Environment"] = {"ROUNDS": {"Get": "Parameters.Rounds"}}
    target = workshop.output("out", "unused")
    values = [f"s3://{workshop.bucket}/cached", {"Get": "Execution.PipelineExecutionId"}]
    target["S3Output"]["S3Uri"] = {"Std:Join": {"On": "/", "Values": values}}
    step["Arguments"]["ProcessingOutputConfig"] = {"Outputs": [target]}
    where = {"Get": "Steps.Count.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}
    after = {"Name": "After", "Type": "Fail", "Arguments": {"ErrorMessage": where}}
    parameters = [{"Name": "Rounds", "Type": "String", "DefaultValue": "3"}]
    pipeline = workshop.pipeline(workshop.role(actions=ACTIONS), [step, after], parameters)
    first, first_steps = workshop.executed(pipeline)
    _, again = workshop.executed(pipeline)
    source = first["PipelineExecutionArn"]
    assert "CacheHitResult" not in first_steps["Count"]
    assert again["Count"]["CacheHitResult"] == {"SourcePipelineExecutionArn": source}
    assert _metadata(again["Count"], "ProcessingJob") == _metadata(first_steps["Count"], "ProcessingJob")
    assert again["After"]["FailureReason"] == first_steps["After"]["FailureReason"]
    _, other = workshop.executed(pipeline, Rounds="4")
    assert "CacheHitResult" not in other["Count"]


def should_not_reuse_a_failed_step_nor_that_of_another_pipeline(workshop: Workshop) -> None:
    step = _processing(workshop, "Break", "raise SystemExit(1)", CacheConfig=CACHED)
    pipeline = workshop.pipeline(workshop.role(actions=ACTIONS), [step])
    for _ in range(2):
        _, steps = workshop.executed(pipeline)
        assert steps["Break"]["StepStatus"] == "Failed"
        assert "CacheHitResult" not in steps["Break"]
    good = _processing(workshop, "Good", "pass", CacheConfig=CACHED)
    for _ in range(2):
        _, steps = workshop.executed(workshop.pipeline(workshop.role(actions=ACTIONS), [good]))
        assert "CacheHitResult" not in steps["Good"]


def should_run_a_step_again_when_its_cached_result_is_too_old(hurried: Workshop) -> None:
    step = _processing(hurried, "Count", "pass", CacheConfig={"Enabled": True, "ExpireAfter": "PT0S"})
    pipeline = hurried.pipeline(hurried.role(actions=ACTIONS), [step])
    for _ in range(2):
        _, steps = hurried.executed(pipeline)
        assert "CacheHitResult" not in steps["Count"]


@pytest.mark.parametrize(
    ("where", "code", "kind", "times"),
    [
        # A client of AWS's tries once more by itself, so one throttled step is two throttled calls.
        ("CreateProcessingJob", "ThrottlingException", "Step.THROTTLING", 4),
        ("CreateProcessingJob", "InternalFailure", "Step.SERVICE_FAULT", 4),
        ("CreateProcessingJob", "ResourceLimitExceeded", "SageMaker.RESOURCE_LIMIT", 2),
        ("processing-job", "InternalServerError", "SageMaker.JOB_INTERNAL_ERROR", 2),
        ("processing-job", "CapacityError", "SageMaker.CAPACITY_ERROR", 2),
    ],
)
def should_try_a_failed_step_again_as_its_retry_policy_says(
    hurried: Workshop, where: str, code: str, kind: str, times: int
) -> None:
    step = _processing(hurried, "Once", "pass", RetryPolicies=[{"ExceptionType": [kind], **RETRIED}])
    pipeline = hurried.pipeline(hurried.role(actions=ACTIONS), [step])
    _fail_next(hurried.cloud, where, code, times)
    execution, steps = hurried.executed(pipeline)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert steps["Once"]["AttemptCount"] == 3


def should_fail_with_the_last_reason_when_no_attempt_is_left(hurried: Workshop) -> None:
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], **RETRIED, "MaxAttempts": 1}
    pipeline = hurried.pipeline(
        hurried.role(actions=ACTIONS), [_processing(hurried, "Once", "pass", RetryPolicies=[policy])]
    )
    _fail_next(hurried.cloud, "processing-job", "CapacityError", 2)
    execution, steps = hurried.executed(pipeline)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps["Once"]["AttemptCount"] == 2
    assert steps["Once"]["FailureReason"].startswith("CapacityError: ")


def should_not_retry_a_failure_of_the_users_script(hurried: Workshop) -> None:
    policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], **RETRIED}
    step = _processing(hurried, "Once", "raise SystemExit(1)", RetryPolicies=[policy])
    _, steps = hurried.executed(hurried.pipeline(hurried.role(actions=ACTIONS), [step]))
    assert (steps["Once"]["StepStatus"], steps["Once"]["AttemptCount"]) == ("Failed", 1)


def _function(workshop: Workshop, code: str) -> str:
    return make_function(
        workshop.cloud, unique("function"), code, make_role(workshop.cloud, unique("function"), "lambda.amazonaws.com")
    )


def _lambda_step(function: str, *outputs: tuple[str, str]) -> Json:
    declared = [{"OutputName": name, "OutputType": kind} for name, kind in outputs]
    return {
        **{"Name": "Ask", "Type": "Lambda", "FunctionArn": function, "OutputParameters": declared},
        "Arguments": {"model": {"Get": "Parameters.Model"}, "fixed": 1},
    }


PARAMETERS = [{"Name": "Model", "Type": "String", "DefaultValue": "reviews"}]


def should_call_a_function_and_hand_its_outputs_on(workshop: Workshop) -> None:
    code = "def handler(event, context): return {'champion': event['model'], 'score': 0.7, 'statusCode': 200}"
    step = _lambda_step(_function(workshop, code), ("champion", "String"), ("score", "Float"))
    reason = {"Std:Join": {"On": " ", "Values": [{"Get": f"Steps.Ask.OutputParameters['{n}']"} for n in ("champion",)]}}
    condition = {
        "Type": "GreaterThan",
        "LeftValue": {"Get": "Steps.Ask.OutputParameters['score']"},
        "RightValue": 0.6,
    }
    end = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": reason}}
    gate = {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {"Conditions": [condition], "IfSteps": [end], "ElseSteps": []},
    }
    pipeline = workshop.pipeline(workshop.role(actions=ACTIONS), [step, gate], PARAMETERS)
    _, steps = workshop.executed(pipeline, Model="other")
    assert steps["End"]["FailureReason"] == "other"
    outputs = steps["Ask"]["Metadata"]["Lambda"]["OutputParameters"]
    assert outputs == [{"Name": "champion", "Value": "other"}, {"Name": "score", "Value": "0.7"}]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def handler(event, context): raise ValueError('no champion')", "failed: Runtime.HandlerError: no champion"),
        ("def handler(event, context): return {}", "answered no champion"),
    ],
)
def should_fail_with_what_the_function_said(workshop: Workshop, code: str, reason: str) -> None:
    step = _lambda_step(_function(workshop, code), ("champion", "String"))
    pipeline = workshop.pipeline(workshop.role(actions=ACTIONS), [step], PARAMETERS)
    _, steps = workshop.executed(pipeline)
    assert reason in steps["Ask"]["FailureReason"]


def should_call_a_function_with_the_pipelines_role_only(workshop: Workshop) -> None:
    step = _lambda_step(_function(workshop, "def handler(event, context): return {}"))
    pipeline = workshop.pipeline(workshop.role(actions=("sagemaker:*",)), [step], PARAMETERS)
    _, steps = workshop.executed(pipeline)
    assert "AccessDenied" in steps["Ask"]["FailureReason"]


def should_make_a_model_that_later_steps_name(workshop: Workshop) -> None:
    url = workshop.put(f"models/{unique('model')}/model.tar.gz", "")
    arguments = {"ExecutionRoleArn": workshop.role(), "PrimaryContainer": {"Image": "image", "ModelDataUrl": url}}
    model = {"Name": "Model", "Type": "Model", "Arguments": arguments}
    end = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.Model.ModelName"}}}
    _, steps = workshop.executed(workshop.pipeline(workshop.role(actions=ACTIONS), [model, end]))
    made = workshop.sagemaker.describe_model(ModelName=steps["End"]["FailureReason"])
    assert made["PrimaryContainer"]["ModelDataUrl"] == url


def should_run_no_more_steps_at_a_time_than_the_configuration_says(workshop: Workshop) -> None:
    steps = [_processing(workshop, f"Step-{n}", "pass") for n in range(3)]
    pipeline = workshop.pipeline(workshop.role(actions=ACTIONS), steps)
    arn = workshop.sagemaker.start_pipeline_execution(
        PipelineName=pipeline, ParallelismConfiguration={"MaxParallelExecutionSteps": 1}
    )["PipelineExecutionArn"]
    workshop.finished_execution(arn)
    listed = workshop.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
    found = listed["PipelineExecutionSteps"]
    assert all(one["EndTime"] <= two["StartTime"] for one, two in itertools.pairwise(found))
    described = workshop.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 1}


def should_retry_only_the_steps_that_did_not_succeed(workshop: Workshop) -> None:
    good = _processing(workshop, "Good", "pass")
    bad = _processing(workshop, "Bad", "pass", DependsOn=["Good"])
    after = {"Name": "After", "Type": "Fail", "Arguments": {"ErrorMessage": "end"}, "DependsOn": ["Bad"]}
    pipeline = workshop.pipeline(workshop.role(actions=ACTIONS), [good, bad, after])
    uri = bad["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    code = uri.removeprefix(f"s3://{workshop.bucket}/")
    kept = workshop.s3.get_object(Bucket=workshop.bucket, Key=code)["Body"].read()
    workshop.s3.delete_object(Bucket=workshop.bucket, Key=code)
    execution, steps = workshop.executed(pipeline)
    assert steps["Bad"]["StepStatus"] == "Failed"
    assert "After" not in steps
    workshop.put(code, kept)
    arn = execution["PipelineExecutionArn"]
    workshop.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    ended, again = workshop.finished_execution(arn)
    assert again["Bad"]["StepStatus"] == "Succeeded"
    assert again["Good"] == steps["Good"]
    assert again["After"]["FailureReason"] == "end"
    assert ended["PipelineExecutionStatus"] == "Failed"


def should_not_retry_an_execution_that_succeeded(workshop: Workshop) -> None:
    execution, _ = workshop.executed(
        workshop.pipeline(workshop.role(actions=ACTIONS), [_processing(workshop, "Good", "pass")])
    )
    with pytest.raises(ClientError, match="ConflictException"):
        workshop.sagemaker.retry_pipeline_execution(PipelineExecutionArn=execution["PipelineExecutionArn"])


def should_stop_a_step_that_waits_for_its_next_attempt(workshop: Workshop) -> None:
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 600}
    pipeline = workshop.pipeline(
        workshop.role(actions=ACTIONS), [_processing(workshop, "Wait", "pass", RetryPolicies=[policy])]
    )
    _fail_next(workshop.cloud, "processing-job", "CapacityError")
    arn = workshop.sagemaker.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]

    def job_failed() -> bool:
        steps = workshop.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        job = steps[0].get("Metadata", {}).get("ProcessingJob", {}).get("Arn", "") if steps else ""
        name = job.rsplit("/", 1)[-1]
        if not name:
            return False
        described = workshop.sagemaker.describe_processing_job(ProcessingJobName=name)
        return bool(described["ProcessingJobStatus"] == "Failed")

    eventually(job_failed)
    workshop.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    ended, steps = workshop.finished_execution(arn)
    assert ended["PipelineExecutionStatus"] == "Stopped"
    assert steps["Wait"]["StepStatus"] == "Stopped"


def should_tell_the_parameters_of_an_execution_as_text(workshop: Workshop) -> None:
    parameters: list[Json] = [
        {"Name": "Fast", "Type": "Boolean", "DefaultValue": True},
        {"Name": "Rate", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "Rounds", "Type": "Integer", "DefaultValue": 3},
        {"Name": "Word", "Type": "String", "DefaultValue": "a"},
    ]
    step = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "end"}}
    execution, _ = workshop.executed(workshop.pipeline(workshop.role(), [step], parameters), Rounds="7", Fast="false")
    listed = workshop.sagemaker.list_pipeline_parameters_for_execution(
        PipelineExecutionArn=execution["PipelineExecutionArn"]
    )["PipelineParameters"]
    values = {entry["Name"]: entry["Value"] for entry in listed}
    assert values == {"Fast": "false", "Rate": "0.5", "Rounds": "7", "Word": "a"}


def should_need_permission_to_retry_an_execution(workshop: Workshop) -> None:
    caller = make_role(workshop.cloud, unique("caller"), "sts", {"Action": "sagemaker:Describe*", "Resource": "*"})
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{unique('pipeline')}/execution/abcdefghijkl"
    with pytest.raises(ClientError, match="AccessDenied"):
        workshop.cloud.client("sagemaker", credentials).retry_pipeline_execution(PipelineExecutionArn=arn)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("CreateTrainingJob", "BadLuck"), "BadLuck"),
        (("nothing", "CapacityError"), "nothing"),
        (("training-job", "CapacityError", "--times", "0"), "--times 0"),
    ],
)
def should_refuse_a_fault_that_cannot_be(workshop: Workshop, arguments: tuple[str, ...], reason: str) -> None:
    done = run_launcher("fail", *arguments, state=workshop.cloud.state)
    assert done.returncode == 2
    assert reason in done.stderr
