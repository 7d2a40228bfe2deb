"""Hyperparameter tuning jobs with real training jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker import condition_keys
from tests.local.cloud import eventually
from tests.local.sagemaker.workshop import Workshop, arn, unique
from tests.local.stacks import make_role, make_rule

Json = dict[str, Any]
PIPELINE_ACTIONS = ("sagemaker:*", "iam:PassRole", "s3:GetObject")
# The nearer the rate is to 0.3, the better.
SCORE = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--booster", default="none")
parser.add_argument("--fixed", type=int)
given = parser.parse_args()
pathlib.Path(os.environ["SM_MODEL_DIR"], "x").write_text(f"{given.rate} {given.booster} {given.fixed}")
print(f"score={1 - abs(given.rate - 0.3)}")
"""
HANG = "import time\nprint('started', flush=True)\ntime.sleep(600)\n"


def _definition(workshop: Workshop, script: str = SCORE, **changes: Any) -> Json:
    definition = workshop.training(workshop.role(), script, {"fixed": "3"})
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    definition["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "score", "Regex": "score=([-0-9.e]+)"}]
    return {**definition, **changes}


def _config(total: int | None, parallel: int = 2, **changes: Any) -> Json:
    limits = {"MaxParallelTrainingJobs": parallel} | ({"MaxNumberOfTrainingJobs": total} if total else {})
    return {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": limits,
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]},
        "RandomSeed": 7,
        **changes,
    }


def _started(workshop: Workshop, config: Json, definition: Json, **more: Any) -> str:
    name = unique("tuning")
    workshop.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig=config,
        TrainingJobDefinition=definition,
        **more,
    )
    return name


def _trials(workshop: Workshop, name: str, **options: Any) -> list[Json]:
    found = workshop.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, MaxResults=100, **options
    )
    return list(found["TrainingJobSummaries"])


def _value(trial: Json) -> float:
    return float(trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def should_run_several_training_jobs_and_choose_the_best(workshop: Workshop) -> None:
    name = _started(workshop, _config(5), _definition(workshop), Tags=[{"Key": "team", "Value": "a"}])
    job = workshop.ended("HyperParameterTuningJob", name)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"]["Completed"] == job["ObjectiveStatusCounters"]["Succeeded"] == 5
    assert job["ConsumedResources"]["RuntimeInSeconds"] >= 5
    trials = _trials(workshop, name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    values = [_value(trial) for trial in trials]
    assert values == sorted(values, reverse=True)
    best = job["BestTrainingJob"]
    assert best["TrainingJobName"] == trials[0]["TrainingJobName"]
    assert _value(best) == pytest.approx(1 - abs(float(best["TunedHyperParameters"]["rate"]) - 0.3))
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] == "score"
    trained = workshop.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert trained["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert trained["HyperParameters"]["_tuning_objective_metric"] == "score"
    assert trained["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"{best['TrainingJobName']}/output/model.tar.gz")
    tags = workshop.sagemaker.list_tags(ResourceArn=job["HyperParameterTuningJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    listed = workshop.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)["HyperParameterTuningJobSummaries"]
    assert [one["Strategy"] for one in listed] == ["Random"]


def should_minimize_where_asked(workshop: Workshop) -> None:
    config = _config(3, HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "score"})
    name = _started(workshop, config, _definition(workshop))
    best = workshop.ended("HyperParameterTuningJob", name)["BestTrainingJob"]
    assert _value(best) == min(_value(trial) for trial in _trials(workshop, name))


def should_run_no_more_training_jobs_at_a_time_than_allowed(workshop: Workshop) -> None:
    name = _started(workshop, _config(3, parallel=1), _definition(workshop))
    workshop.ended("HyperParameterTuningJob", name)
    trials = _trials(workshop, name, SortBy="CreationTime", SortOrder="Ascending")
    ends = [trial["TrainingEndTime"] for trial in trials]
    assert all(end <= trial["CreationTime"] for end, trial in zip(ends, trials[1:], strict=False))


def should_try_every_combination_of_a_grid(workshop: Workshop) -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "booster", "Values": ["gbtree", "dart"]},
            {"Name": "rate", "Values": ["0.3", "0.9"]},
        ]
    }
    name = _started(workshop, _config(None, Strategy="Grid", ParameterRanges=ranges), _definition(workshop))
    job = workshop.ended("HyperParameterTuningJob", name)
    assert job["BestTrainingJob"]["TunedHyperParameters"]["rate"] == "0.3"
    tried = {tuple(sorted(trial["TunedHyperParameters"].items())) for trial in _trials(workshop, name)}
    assert len(tried) == 4


def should_search_by_a_model_and_start_from_an_earlier_tuning_job(workshop: Workshop) -> None:
    parent = _started(workshop, _config(4, Strategy="Bayesian"), _definition(workshop))
    workshop.ended("HyperParameterTuningJob", parent)
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    name = _started(workshop, _config(2, Strategy="Bayesian"), _definition(workshop), WarmStartConfig=warm)
    job = workshop.ended("HyperParameterTuningJob", name)
    best = max(_value(trial) for tuning in (parent, name) for trial in _trials(workshop, tuning))
    assert _value(job["OverallBestTrainingJob"]) == best
    assert job["OverallBestTrainingJob"]["TuningJobName"] in (parent, name)


# The first three learn; a later one with a worse curve would take ten minutes.
CURVE = """
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--rate")
parser.add_argument("--fixed")
level = float(parser.parse_args().rate)
for step in range(3):
    print(f"score={level + step / 10}", flush=True)
if level < 0.5:
    time.sleep(600)
"""


def should_end_a_training_job_early_that_does_worse_than_the_median(workshop: Workshop) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "rate", "Values": ["0.6", "0.7", "0.8", "0.1"]}]}
    config = _config(None, 1, Strategy="Grid", ParameterRanges=ranges, TrainingJobEarlyStoppingType="Auto")
    name = _started(workshop, config, _definition(workshop, CURVE))
    job = workshop.ended("HyperParameterTuningJob", name)
    assert job["TrainingJobStatusCounters"]["Stopped"] == 1
    stopped = {trial["TunedHyperParameters"]["rate"]: trial["TrainingJobStatus"] for trial in _trials(workshop, name)}
    assert stopped["0.1"] == "Stopped"
    assert job["BestTrainingJob"]["TunedHyperParameters"]["rate"] == "0.8"


def should_end_training_jobs_at_hyperbands_rungs(workshop: Workshop) -> None:
    script = CURVE.replace("if level < 0.5:\n    time.sleep(600)", "time.sleep(3)")
    limits = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}
    config = _config(6, 3, Strategy="Hyperband", StrategyConfig=limits)
    job = workshop.ended("HyperParameterTuningJob", _started(workshop, config, _definition(workshop, script)))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"]["Stopped"] >= 1
    assert job["TrainingJobStatusCounters"]["Completed"] >= 1


def should_finish_once_the_target_is_reached(workshop: Workshop) -> None:
    config = _config(50, 1, TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.0})
    name = _started(workshop, config, _definition(workshop))
    assert workshop.ended("HyperParameterTuningJob", name)["HyperParameterTuningJobStatus"] == "Completed"
    assert len(_trials(workshop, name)) < 5


def should_finish_once_the_best_has_not_improved_for_long(workshop: Workshop) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "rate", "Values": ["0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]}]}
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    config = _config(None, 1, Strategy="Grid", ParameterRanges=ranges, TuningJobCompletionCriteria=criteria)
    name = _started(workshop, config, _definition(workshop))
    job = workshop.ended("HyperParameterTuningJob", name)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TuningJobCompletionDetails"]["NumberOfTrainingJobsObjectiveNotImproving"] >= 3
    assert len(_trials(workshop, name)) < 6


def should_stop_the_training_jobs_with_the_tuning_job(workshop: Workshop) -> None:
    name = _started(workshop, _config(5, 1), _definition(workshop, HANG))
    eventually(lambda: [t for t in _trials(workshop, name) if "TrainingStartTime" in t])
    workshop.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = workshop.ended("HyperParameterTuningJob", name)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [trial["TrainingJobStatus"] for trial in _trials(workshop, name)] == ["Stopped"]


def should_fail_with_the_reason_of_the_first_training_job(workshop: Workshop) -> None:
    job = workshop.ended(
        "HyperParameterTuningJob", _started(workshop, _config(2), _definition(workshop, "raise SystemExit('no data')"))
    )
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert "All training jobs failed" in job["FailureReason"] and "no data" in job["FailureReason"]
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 2


def should_say_that_no_log_has_the_objective_metric(workshop: Workshop) -> None:
    job = workshop.ended(
        "HyperParameterTuningJob", _started(workshop, _config(1, 1), _definition(workshop, "print('accuracy=1')"))
    )
    assert "No training job has the objective metric score" in job["FailureReason"]


def should_go_on_when_one_training_job_fails(workshop: Workshop) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "rate", "Values": ["0.3", "broken"]}]}
    job = workshop.ended(
        "HyperParameterTuningJob",
        _started(workshop, _config(None, Strategy="Grid", ParameterRanges=ranges), _definition(workshop)),
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"] | {} == {
        **{"Completed": 1, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 1, "Stopped": 0}
    }


@pytest.mark.parametrize(
    ("config", "definition", "reason"),
    [
        ({"Strategy": "Grid"}, {}, "categorical ranges only"),
        ({"Strategy": "Hyperband"}, {}, "MaxResource: it cannot be inferred"),
        ({"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"}, {}, "to Off"),
        ({"ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 3}}, {}, "above MaxNumber"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 3}}, {}, "needs ResourceLimits.MaxNumberOfTrainingJobs"),
        ({"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "f1"}}, {}, "f1 is not among"),
        ({}, {"StaticHyperParameters": {"rate": "1"}}, "static or tuned, not both: rate"),
        ({}, {"RetryStrategy": {"MaximumRetryAttempts": 1}}, "RetryStrategy"),
        ({"TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}}, {}, "Converg"),
        ({}, {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}}, "managed spot training"),
    ],
)
def should_refuse_a_tuning_job_that_it_would_not_carry_out(
    workshop: Workshop, config: Json, definition: Json, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        _started(workshop, {**_config(2), **config}, {**_definition(workshop), **definition})


def should_need_permission_to_pass_the_role_and_to_tag(workshop: Workshop) -> None:
    definition = _definition(workshop)
    create = {"Action": "sagemaker:CreateHyperParameterTuningJob", "Resource": arn("hyper-parameter-tuning-job/*")}
    caller = make_role(workshop.cloud, unique("caller"), "sts", create)
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    client = workshop.cloud.client("sagemaker", credentials)
    given = {"HyperParameterTuningJobConfig": _config(1, 1), "TrainingJobDefinition": definition}
    with pytest.raises(ClientError, match="iam:PassRole"):
        client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=unique("t"), **given)
    with pytest.raises(ClientError, match="AddTags"):
        client.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=unique("t"), **given, Tags=[{"Key": "a", "Value": "b"}]
        )


def should_read_the_condition_keys_of_a_tuning_job_from_its_definition() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1111"
    system = {"FileSystemId": "fs-1", "FileSystemType": "EFS", "FileSystemAccessMode": "ro", "DirectoryPath": "/a"}
    definition = {
        "ResourceConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": key},
        "OutputDataConfig": {"KmsKeyId": key},
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "InputDataConfig": [
            {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://a/b"}}},
            {"ChannelName": "images", "DataSource": {"FileSystemDataSource": system}},
        ],
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    params = {"TrainingJobDefinition": definition, "Tags": [{"Key": "team", "Value": "a"}]}
    assert condition_keys.of_operation("CreateHyperParameterTuningJob", params) == {
        "sagemaker:InstanceTypes": ["ml.m5.large"],
        "sagemaker:VolumeKmsKeyArn": key,
        "sagemaker:OutputKmsKeyArn": key,
        "sagemaker:VpcSubnets": ["subnet-1"],
        "sagemaker:VpcSecurityGroupIds": ["sg-1"],
        "sagemaker:FileSystemId": "fs-1",
        "sagemaker:FileSystemType": "EFS",
        "sagemaker:FileSystemAccessMode": "ro",
        "sagemaker:FileSystemDirectoryPath": "/a",
        "sagemaker:NetworkIsolation": "true",
        "sagemaker:InterContainerTrafficEncryption": "true",
        "sagemaker:MaxRuntimeInSeconds": 60,
        "aws:RequestTag/team": "a",
        "aws:TagKeys": ["team"],
    }


def should_tell_each_change_of_a_tuning_job(workshop: Workshop) -> None:
    queue = workshop.cloud.client("sqs")
    url = queue.create_queue(QueueName=unique("events"))["QueueUrl"]
    queue_arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker HyperParameter Tuning Job State Change"]}
    make_rule(workshop.cloud, unique("seen"), pattern, {"Arn": queue_arn})
    name = _started(workshop, _config(1, 1), _definition(workshop))
    seen: list[str] = []

    def completed() -> bool:
        for message in queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            detail = json.loads(message["Body"])["detail"]
            if detail["HyperParameterTuningJobName"] == name:
                seen.append(detail["HyperParameterTuningJobStatus"])
        return "Completed" in seen

    eventually(completed, seconds=60)
    assert "InProgress" in seen


def should_hand_the_best_models_of_a_tuning_step_on(workshop: Workshop) -> None:
    arguments = {"HyperParameterTuningJobConfig": _config(3), "TrainingJobDefinition": _definition(workshop)}
    step = {"Name": "Tune", "Type": "Tuning", "Arguments": arguments}
    prefix = f"s3://{workshop.bucket}/models"
    paths = ("BestTrainingJob.TrainingJobName", "TrainingJobSummaries[1].TrainingJobName")
    models = [
        {"Std:Join": {"On": "/", "Values": [prefix, {"Get": f"Steps.Tune.{path}"}, "output/model.tar.gz"]}}
        for path in paths
    ]
    end = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": models}}}}
    _, steps = workshop.executed(workshop.pipeline(workshop.role(actions=PIPELINE_ACTIONS), [step, end]))
    assert steps["Tune"]["StepStatus"] == "Succeeded", steps["Tune"]
    name = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rsplit("/", 1)[-1]
    ranked = _trials(workshop, name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    expected = [f"{prefix}/{trial['TrainingJobName']}/output/model.tar.gz" for trial in ranked[:2]]
    assert steps["End"]["FailureReason"] == " ".join(expected)
    for uri in expected:
        workshop.s3.head_object(Bucket=workshop.bucket, Key=uri.removeprefix(f"s3://{workshop.bucket}/"))


def should_stop_a_tuning_step_and_its_training_jobs_with_the_execution(workshop: Workshop) -> None:
    arguments = {"HyperParameterTuningJobConfig": _config(3), "TrainingJobDefinition": _definition(workshop, HANG)}
    pipeline = workshop.pipeline(
        workshop.role(actions=PIPELINE_ACTIONS), [{"Name": "Tune", "Type": "Tuning", "Arguments": arguments}]
    )
    execution = workshop.sagemaker.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]

    def tuning() -> str:
        steps = workshop.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
        found = [step.get("Metadata", {}).get("TuningJob", {}) for step in steps["PipelineExecutionSteps"]]
        return str(found[0].get("Arn", "")) if found else ""

    name = eventually(tuning).rsplit("/", 1)[-1]
    eventually(lambda: [t for t in _trials(workshop, name) if "TrainingStartTime" in t])
    workshop.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution)
    ended, steps = workshop.finished_execution(execution)
    assert ended["PipelineExecutionStatus"] == steps["Tune"]["StepStatus"] == "Stopped"
    assert {trial["TrainingJobStatus"] for trial in _trials(workshop, name)} == {"Stopped"}
