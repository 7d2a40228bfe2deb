"""Training on several instances, with each kind of channel, on spot instances and by images of one's own."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import eventually, run_launcher
from tests.local.running import running
from tests.local.sagemaker.workshop import Workshop, channel, unique

Json = dict[str, Any]
# What each instance sees, under the names of its files.
SEEN = """
import json, os, pathlib
host = os.environ["SM_CURRENT_HOST"]
config = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
inputs = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "inputdataconfig.json").read_text())
channel = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
seen = {
    "hosts": json.loads(os.environ["SM_HOSTS"]), "config": config, "inputs": inputs,
    "checkpoints": pathlib.Path(os.environ["SM_MODEL_DIR"]).with_name("checkpoints").exists(),
    "files": sorted(p.name for p in channel.iterdir()) if channel.is_dir() else [],
}
pathlib.Path(os.environ["SM_MODEL_DIR"], f"{host}.json").write_text(json.dumps(seen))
pathlib.Path(os.environ["SM_MODEL_DIR"], "shared.txt").write_text(host)
print("seen by", host)
"""
# Counts to ten, a step at a time, from where the last checkpoint left off; waits at five until it is let go on.
COUNT = """
import os, pathlib, time
folder = pathlib.Path(os.environ["CHECKPOINTS"])
last = sorted(int(p.stem) for p in folder.glob("*.step"))
first = last[-1] + 1 if last else 1
print("starts at", first, flush=True)
for step in range(first, 11):
    (folder / f"{step}.step").write_text("done")
    if step == 5 and first == 1:
        time.sleep(600)
print("steps=10", flush=True)
"""


def _instances(count: int) -> Json:
    return {"InstanceCount": count, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}


def _model(workshop: Workshop, job: Json) -> dict[str, bytes]:
    assert job["TrainingJobStatus"] == "Completed", job
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{workshop.bucket}/")
    body = workshop.s3.get_object(Bucket=workshop.bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
        return {name: file.read() for name, file in files.items() if file}


def _data(workshop: Workshop, *names: str) -> str:
    prefix = f"data/{unique('data')}/"
    for name in names:
        workshop.put(prefix + name, name)
    return f"s3://{workshop.bucket}/{prefix}"


def _train(workshop: Workshop, script: str, given: Json, **changes: Any) -> Json:
    arguments = workshop.training(workshop.role(), script, **changes)
    arguments["InputDataConfig"].append(given)
    return workshop.finished_training(arguments)


def should_run_a_process_for_each_instance_and_merge_what_they_made(workshop: Workshop) -> None:
    given = channel("train", _data(workshop, "a", "b", "c"))
    given["ContentType"] = "text/csv"
    job = _train(workshop, SEEN, given, ResourceConfig=_instances(2))
    model = _model(workshop, job)
    assert set(model) == {"algo-1.json", "algo-2.json", "shared.txt"}
    assert model["shared.txt"] == b"algo-1", "of two files of one name the first instance's counts"
    for host in ("algo-1", "algo-2"):
        seen = json.loads(model[f"{host}.json"])
        assert seen["hosts"] == seen["config"]["hosts"] == ["algo-1", "algo-2"]
        assert seen["config"]["current_host"] == host
        assert seen["config"]["current_instance_type"] == "ml.m5.xlarge"
        assert seen["files"] == ["a", "b", "c"]
        assert seen["inputs"]["train"]["ContentType"] == "text/csv"
    streams = workshop.cloud.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job["TrainingJobName"]
    )["logStreams"]
    assert {stream["logStreamName"].split("/")[1][:6] for stream in streams} == {"algo-1", "algo-2"}


def should_share_the_objects_among_the_instances(workshop: Workshop) -> None:
    given = channel("train", _data(workshop, "a", "b", "c"))
    given["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    model = _model(workshop, _train(workshop, SEEN, given, ResourceConfig=_instances(2)))
    shares = [json.loads(model[f"algo-{n}.json"])["files"] for n in (1, 2)]
    assert shares == [["a", "c"], ["b"]]
    assert json.loads(model["algo-1.json"])["inputs"]["train"]["S3DistributionType"] == "ShardedByS3Key"


def should_fail_where_an_instance_would_get_no_object(workshop: Workshop) -> None:
    given = channel("train", _data(workshop, "a"))
    given["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    job = _train(workshop, SEEN, given, ResourceConfig=_instances(2))
    assert "none is left for instance 2" in job["FailureReason"]


def should_end_every_instance_when_one_fails(workshop: Workshop) -> None:
    script = (
        "import os, sys, time\nif os.environ['SM_CURRENT_HOST'] == 'algo-2': sys.exit('no luck')\ntime.sleep(600)\n"
    )
    job = _train(workshop, script, channel("train", _data(workshop, "a")), ResourceConfig=_instances(2))
    assert job["TrainingJobStatus"] == "Failed"
    assert "no luck" in job["FailureReason"] and "(on algo-2)" in job["FailureReason"]


def should_read_a_fast_file_channel_as_files(workshop: Workshop) -> None:
    given = {**channel("train", _data(workshop, "a")), "InputMode": "FastFile"}
    seen = json.loads(_model(workshop, _train(workshop, SEEN, given))["algo-1.json"])
    assert seen["files"] == ["a"]
    assert seen["inputs"]["train"]["TrainingInputMode"] == "FastFile"


def should_give_a_folder_for_checkpoints_only_to_jobs_that_store_them(workshop: Workshop) -> None:
    for config in ({}, {"CheckpointConfig": {"S3Uri": f"s3://{workshop.bucket}/checkpoints/{unique('none')}"}}):
        given = channel("train", _data(workshop, "a"))
        seen = json.loads(_model(workshop, _train(workshop, SEEN, given, **config))["algo-1.json"])
        assert seen["checkpoints"] is bool(config)


PIPE = """
import os, pathlib
for epoch in range(2):
    with open(os.environ["SM_CHANNEL_TRAIN"] + f"_{epoch}", "rb") as pipe:
        pathlib.Path(os.environ["SM_MODEL_DIR"], str(epoch)).write_bytes(pipe.read())
"""


def should_read_a_channel_through_a_pipe_once_for_each_epoch(workshop: Workshop) -> None:
    given = {**channel("train", _data(workshop, "a", "b", "c")), "InputMode": "Pipe"}
    assert _model(workshop, _train(workshop, PIPE, given)) == {"0": b"abc", "1": b"abc"}


def should_shuffle_the_objects_of_a_pipe_anew_in_each_epoch(workshop: Workshop) -> None:
    names = [chr(ord("a") + n) for n in range(12)]
    given = {**channel("train", _data(workshop, *names)), "InputMode": "Pipe", "ShuffleConfig": {"Seed": 7}}
    model = _model(workshop, _train(workshop, PIPE, given))
    assert all(sorted(read.decode()) == names for read in model.values())
    assert model["0"] != model["1"] and b"".join(model.values()) != "".join(names * 2).encode()


def should_decompress_what_goes_through_a_pipe(workshop: Workshop) -> None:
    prefix = _data(workshop)
    workshop.put(prefix.removeprefix(f"s3://{workshop.bucket}/") + "a.gz", gzip.compress(b"plain"))
    given = {**channel("train", prefix), "InputMode": "Pipe", "CompressionType": "Gzip"}
    assert _model(workshop, _train(workshop, PIPE, given)) == {"0": b"plain", "1": b"plain"}


def should_end_a_job_that_does_not_read_its_pipe(workshop: Workshop) -> None:
    given = {**channel("train", _data(workshop, "a")), "InputMode": "Pipe"}
    assert _train(workshop, "print('no')", given)["TrainingJobStatus"] == "Completed"


def should_fail_when_the_data_of_a_pipe_break_off(workshop: Workshop) -> None:
    prefix = _data(workshop, "not-compressed")
    given = {**channel("train", prefix), "InputMode": "Pipe", "CompressionType": "Gzip"}
    job = _train(workshop, PIPE, given)
    assert job["TrainingJobStatus"] == "Failed"
    assert "Channel train: Not a gzipped file" in job["FailureReason"]


def should_train_on_from_an_earlier_model(workshop: Workshop) -> None:
    first = _train(workshop, SEEN, channel("train", _data(workshop, "a")))
    given = channel("model", first["ModelArtifacts"]["S3ModelArtifacts"])
    given["ContentType"] = "application/x-sagemaker-model"
    script = (
        "import os, pathlib, tarfile\n"
        "with tarfile.open(os.path.join(os.environ['SM_CHANNEL_MODEL'], 'model.tar.gz')) as tar:\n"
        "    tar.extractall(os.environ['SM_MODEL_DIR'])\n"
    )
    assert "algo-1.json" in _model(workshop, _train(workshop, script, given))


def should_store_a_model_uncompressed_where_asked(workshop: Workshop) -> None:
    output = {"S3OutputPath": f"s3://{workshop.bucket}/plain", "CompressionType": "NONE"}
    job = _train(workshop, SEEN, channel("train", _data(workshop, "a")), OutputDataConfig=output)
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/output/model/")
    assert workshop.text(f"plain/{job['TrainingJobName']}/output/model/shared.txt") == "algo-1"


def _spot(workshop: Workshop, script: str = COUNT, **changes: Any) -> tuple[str, str]:
    """Start a spot job with checkpoints; returns its name and the key prefix of its checkpoints."""
    prefix = f"checkpoints/{unique('spot')}/"
    given: Json = {
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": f"s3://{workshop.bucket}/{prefix}"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300, "MaxWaitTimeInSeconds": 600},
        "Environment": {"CHECKPOINTS": "/opt/ml/checkpoints"},
    }
    arguments = workshop.training(workshop.role(), script, **{**given, **changes})
    arguments["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "steps", "Regex": "steps=([0-9]+)"}]
    name = unique("spot")
    workshop.sagemaker.create_training_job(TrainingJobName=name, **arguments)
    return name, prefix


def _stored(workshop: Workshop, prefix: str) -> set[str]:
    found = workshop.s3.list_objects_v2(Bucket=workshop.bucket, Prefix=prefix).get("Contents", [])
    return {item["Key"].removeprefix(prefix) for item in found}


def _interrupt(workshop: Workshop, job: str) -> None:
    done = run_launcher("interrupt", job, state=workshop.cloud.state)
    assert done.returncode == 0, done.stderr


def should_resume_from_the_last_checkpoint_after_an_interruption(workshop: Workshop) -> None:
    name, prefix = _spot(workshop)
    # Checkpoints are stored while the job runs, not at its end.
    eventually(lambda: "5.step" in _stored(workshop, prefix))
    _interrupt(workshop, name)
    job = workshop.ended("TrainingJob", name)
    assert job["TrainingJobStatus"] == "Completed", job
    statuses = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    expected = ["Starting", "Downloading", "Training", "Interrupted", "Restarting", "Downloading", "Training"]
    assert statuses == [*expected, "Uploading", "Completed"]
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [10]
    assert _stored(workshop, prefix) == {f"{step}.step" for step in range(1, 11)}
    assert job["TrainingTimeInSeconds"] >= 1 and job["BillableTimeInSeconds"] >= 1
    log = workshop.log("/aws/sagemaker/TrainingJobs")
    assert "starts at 6" in log


def should_end_the_processes_of_a_job_whose_checkpoints_cannot_be_stored(workshop: Workshop) -> None:
    role = workshop.role(actions=("s3:GetObject", "s3:ListBucket", "logs:*"))
    name, _ = _spot(workshop, RoleArn=role)
    job = workshop.ended("TrainingJob", name)
    assert job["TrainingJobStatus"] == "Failed"
    assert "AccessDenied" in job["FailureReason"] and "Allow the job's role" in job["FailureReason"]
    assert not running(lambda _, environment: environment.get("TRAINING_JOB_NAME") == name)


def should_not_interrupt_a_job_that_has_no_spot_instance(workshop: Workshop) -> None:
    done = run_launcher("interrupt", "nothing", state=workshop.cloud.state)
    assert done.returncode == 1
    assert "nothing has no spot instance now" in done.stderr


def should_stop_a_spot_job_when_its_waiting_time_is_over(workshop: Workshop) -> None:
    limits = {"MaxRuntimeInSeconds": 3, "MaxWaitTimeInSeconds": 3}
    hang = "import time\ntime.sleep(600)\n"
    name, _ = _spot(workshop, hang, StoppingCondition=limits)
    job = workshop.ended("TrainingJob", name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")


def should_stop_a_job_at_its_runtime_and_keep_what_it_made(workshop: Workshop) -> None:
    script = (
        "import os, pathlib, time\npathlib.Path(os.environ['SM_MODEL_DIR'], 'half').write_text('')\ntime.sleep(600)\n"
    )
    job = _train(workshop, script, channel("train", _data(workshop, "a")), StoppingCondition={"MaxRuntimeInSeconds": 2})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert set(_model(workshop, {**job, "TrainingJobStatus": "Completed"})) == {"half"}


def should_run_a_command_in_the_place_of_an_image_of_ones_own(workshop: Workshop) -> None:
    image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{unique('own')}:1"
    code = (
        "import pathlib, sys; "
        "parameters = pathlib.Path(sys.argv[1], 'input/config/hyperparameters.json').read_text(); "
        "pathlib.Path(sys.argv[1], 'model', 'said.txt').write_text(sys.argv[-1] + parameters)"
    )
    command = [sys.executable, "-c", code, "/opt/ml"]
    done = run_launcher("image", "add", image, "--", *command, state=workshop.cloud.state)
    assert done.returncode == 0, done.stderr
    arguments = workshop.training(workshop.role(), "")
    arguments |= {"HyperParameters": {"depth": "3"}}
    arguments["AlgorithmSpecification"]["TrainingImage"] = image
    model = _model(workshop, workshop.finished_training(arguments))
    said = model["said.txt"].decode()
    assert said.startswith("train") and json.loads(said.removeprefix("train")) == {"depth": "3"}


def should_record_a_warm_pool_and_refuse_it_for_spot(workshop: Workshop) -> None:
    warm = {**_instances(1), "KeepAlivePeriodInSeconds": 600}
    job = _train(workshop, SEEN, channel("train", _data(workshop, "a")), ResourceConfig=warm)
    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    with pytest.raises(ClientError, match="KeepAlivePeriodInSeconds is not for managed spot"):
        _spot(workshop, ResourceConfig=warm)


def should_show_a_jobs_metrics_in_cloudwatch(workshop: Workshop) -> None:
    arguments = workshop.training(workshop.role(), "print('f1=0.5')")
    arguments["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "f1", "Regex": "f1=([0-9.]+)"}]
    job = workshop.finished_training(arguments)
    metrics = workshop.cloud.client("cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs",
        Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
    )["Metrics"]
    assert [metric["MetricName"] for metric in metrics] == ["f1"]


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        ("import nothing_like_this", "local/requirements.txt"),
        ("raise MemoryError", "larger instance type"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "exit code 137"),
        ("import argparse; argparse.ArgumentParser().parse_args(['--depth', '3'])", "add the argument to its parser"),
        ("import socket; socket.getaddrinfo('algo-2', 80)", "127.0.0.1"),
        ("open('x', 'w').write('a'); raise OSError(28, 'No space left on device')", "VolumeSizeInGB"),
    ],
)
def should_say_what_to_do_about_a_failure(workshop: Workshop, script: str, advice: str) -> None:
    job = workshop.finished_training(workshop.training(workshop.role(), script))
    assert job["TrainingJobStatus"] == "Failed"
    assert advice in job["FailureReason"]
