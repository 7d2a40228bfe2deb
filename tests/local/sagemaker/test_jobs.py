"""Processing and training jobs as real processes under their own roles."""

from __future__ import annotations

import io
import json
import sys
import tarfile

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import ACCOUNT, eventually
from tests.local.running import running
from tests.local.sagemaker.workshop import SERVICE, Workshop, arn, channel, processing_input, unique
from tests.local.stacks import make_role

TRAIN = """
import argparse, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
parser.add_argument("--name")
given = parser.parse_args()
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
for value in (0.25, 0.75):
    print(f"validation macro_f1={value}")
model = {"rounds": given.rounds, "name": given.name, "files": sorted(p.name for p in data.iterdir())}
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps(model))
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt").write_text(os.environ["SM_HPS"])
"""
IDENTITY = """
import json, os, pathlib
pathlib.Path(os.environ["OUT"], "environment.json").write_text(json.dumps(dict(os.environ)))
"""
HANG = "import time\nprint('started', flush=True)\nfor _ in range(600):\n    time.sleep(1)\n"


def should_run_a_processing_job_with_inputs_outputs_environment_and_log(workshop: Workshop) -> None:
    raw = workshop.put("raw/batch/one.csv", "a")
    workshop.put("raw/batch/two.csv", "b")
    script = (
        "import os, pathlib, sys\n"
        "names = sorted(p.name for p in pathlib.Path(sys.argv[1]).iterdir())\n"
        "pathlib.Path(os.environ['OUT'], 'names.txt').write_text(' '.join(names))\n"
        "print('read', len(names), 'files in', os.getcwd())\n"
        "pathlib.Path('/opt/ml').exists() and sys.exit('a container?')\n"
    )
    arguments = workshop.processing(workshop.role(), script)
    arguments["AppSpecification"]["ContainerArguments"] += ["/opt/ml/processing/input/raw"]
    arguments["ProcessingInputs"].append(processing_input("raw", raw.rsplit("/", 1)[0]))
    arguments["ProcessingOutputConfig"] = {"Outputs": [workshop.output("out", "processed/out")]}
    arguments["Environment"] = {"OUT": "/opt/ml/processing/out"}
    job = workshop.finished_processing(arguments)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert workshop.text("processed/out/names.txt") == "one.csv two.csv"
    assert "read 2 files" in workshop.log("/aws/sagemaker/ProcessingJobs")
    assert not list((workshop.cloud.state / "sagemaker").glob("process-*")), "the job's folder is gone with the job"


def should_read_the_objects_a_manifest_lists(workshop: Workshop) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        workshop.put(f"listed/{name}", name)
    manifest = workshop.put(
        "manifests/m.json", json.dumps([{"prefix": f"s3://{workshop.bucket}/listed/"}, "a.csv", "c.csv"])
    )
    script = "import os, sys\nopen(sys.argv[2], 'w').write(' '.join(sorted(os.listdir(sys.argv[1]))))"
    arguments = workshop.processing(workshop.role(), script)
    paths = ["/opt/ml/processing/input/raw", "/opt/ml/processing/out/n"]
    arguments["AppSpecification"]["ContainerArguments"] += paths
    arguments["ProcessingInputs"].append(processing_input("raw", manifest, data_type="ManifestFile"))
    arguments["ProcessingOutputConfig"] = {"Outputs": [workshop.output("out", "manifest-out")]}
    job = workshop.finished_processing(arguments)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert workshop.text("manifest-out/n") == "a.csv c.csv"


def should_run_each_job_with_credentials_of_its_own_role(workshop: Workshop) -> None:
    role = workshop.role()
    arguments = workshop.processing(role, IDENTITY, Environment={"OUT": "/opt/ml/processing/out"})
    arguments["ProcessingOutputConfig"] = {"Outputs": [workshop.output("out", "identity")]}
    job = workshop.finished_processing(arguments)
    assert job["ProcessingJobStatus"] == "Completed", job
    environment = json.loads(workshop.text("identity/environment.json"))
    credentials = {
        "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": environment["AWS_SESSION_TOKEN"],
    }
    identity = workshop.cloud.client("sts", credentials).get_caller_identity()
    name = role.rsplit("/", 1)[-1]
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{job['ProcessingJobName']}"
    assert not {"MINISTACK_SSL_KEY", "GATEWAY_PORT", "ASHLAR_LOCAL_STATE"} & set(environment)


def should_fail_with_access_denied_when_the_role_may_not_store_the_output(workshop: Workshop) -> None:
    role = workshop.role(actions=("s3:GetObject", "s3:ListBucket", "logs:*"))
    workshop.put("train/one.csv", "1")
    arguments = workshop.training(role, TRAIN, {"rounds": "3", "name": "x"})
    arguments["InputDataConfig"].append(channel("train", f"s3://{workshop.bucket}/train/"))
    job = workshop.finished_training(arguments)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "AccessDenied" in job["FailureReason"] and "PutObject" in job["FailureReason"]


def should_fail_with_access_denied_when_the_role_may_not_read_the_input(workshop: Workshop) -> None:
    job = workshop.finished_processing(workshop.processing(workshop.role(actions=("s3:PutObject",)), "pass"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert "AccessDenied" in job["FailureReason"]


def should_train_by_the_script_contract(workshop: Workshop) -> None:
    workshop.put("train/one.csv", "1")
    arguments = workshop.training(workshop.role(), TRAIN, {"rounds": "3", "name": '"reviews"'})
    arguments["InputDataConfig"].append(channel("train", f"s3://{workshop.bucket}/train/"))
    metric = {"Name": "validation:macro_f1", "Regex": "macro_f1=([0-9.]+)"}
    arguments["AlgorithmSpecification"]["MetricDefinitions"] = [metric]
    arguments["EnableNetworkIsolation"] = True
    job = workshop.finished_training(arguments)
    assert job["TrainingJobStatus"] == "Completed", job
    assert [m["Value"] for m in job["FinalMetricDataList"]] == [0.75]
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{workshop.bucket}/")
    assert key == f"models/{job['TrainingJobName']}/output/model.tar.gz"
    body = workshop.s3.get_object(Bucket=workshop.bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        member = tar.extractfile("model.json")
        assert member
        assert json.load(member) == {"rounds": 3, "name": "reviews", "files": ["one.csv"]}
    transitions = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert "macro_f1=0.75" in workshop.log("/aws/sagemaker/TrainingJobs")


def should_report_the_message_that_a_failed_script_leaves(workshop: Workshop) -> None:
    script = (
        "import os, sys\nopen(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('no Rating column')\nsys.exit(1)"
    )
    job = workshop.finished_training(workshop.training(workshop.role(), script))
    assert job["FailureReason"] == "AlgorithmError: no Rating column"


def should_report_the_end_of_the_log_when_a_script_leaves_no_message(workshop: Workshop) -> None:
    job = workshop.finished_training(workshop.training(workshop.role(), "raise ValueError('one class only')"))
    assert job["FailureReason"].startswith("AlgorithmError: exit code 1")
    assert "ValueError: one class only" in job["FailureReason"]


def should_report_a_processing_jobs_exit_message(workshop: Workshop) -> None:
    script = "import os, sys\nopen(os.environ['M'], 'w').write('empty file')\nsys.exit(2)"
    arguments = workshop.processing(workshop.role(), script, Environment={"M": "/opt/ml/output/message"})
    job = workshop.finished_processing(arguments)
    assert (job["ExitMessage"], job["FailureReason"]) == ("empty file", "AlgorithmError: empty file")


def should_end_a_job_at_its_time_limit(workshop: Workshop) -> None:
    arguments = workshop.processing(workshop.role(), HANG, StoppingCondition={"MaxRuntimeInSeconds": 1})
    job = workshop.finished_processing(arguments)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "MaxRuntimeInSeconds" in job["FailureReason"]


def should_stop_a_training_job_and_leave_no_process(workshop: Workshop) -> None:
    name = unique("stopped")
    workshop.sagemaker.create_training_job(TrainingJobName=name, **workshop.training(workshop.role(), HANG))

    def describe() -> dict[str, str]:
        found: dict[str, str] = workshop.sagemaker.describe_training_job(TrainingJobName=name)
        return found

    eventually(lambda: processes_of(name))
    workshop.sagemaker.stop_training_job(TrainingJobName=name)
    eventually(lambda: describe()["TrainingJobStatus"] == "Stopped")
    assert not processes_of(name)


def should_end_a_job_whose_descendant_holds_its_output(workshop: Workshop) -> None:
    script = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('done')"
    job = workshop.finished_processing(workshop.processing(workshop.role(), script))
    assert job["ProcessingJobStatus"] == "Completed", job
    left = processes_of(job["ProcessingJobName"])
    assert not left or sys.platform != "linux"
    for process in left:
        process.kill()


def should_refuse_a_job_whose_role_the_caller_may_not_pass(workshop: Workshop) -> None:
    role = workshop.role()
    caller = make_role(workshop.cloud, unique("caller"), "sts", {"Action": "sagemaker:*", "Resource": "*"})
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    client = workshop.cloud.client("sagemaker", credentials)
    with pytest.raises(ClientError, match="iam:PassRole"):
        client.create_processing_job(ProcessingJobName=unique("p"), **workshop.processing(role, "pass"))


def should_assume_a_role_for_the_accounts_own_resources_only(workshop: Workshop) -> None:
    def role(account: str) -> str:
        source = f"arn:aws:sagemaker:*:{account}:*"
        condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}}
        return workshop.role(trust_condition=condition)

    assert (
        workshop.finished_processing(workshop.processing(role(ACCOUNT), "pass"))["ProcessingJobStatus"] == "Completed"
    )
    with pytest.raises(ClientError, match="Could not assume role"):
        workshop.finished_processing(workshop.processing(role("999999999999"), "pass"))


def should_refuse_a_role_that_sagemaker_may_not_assume(workshop: Workshop) -> None:
    role = make_role(workshop.cloud, unique("lambda"), "lambda.amazonaws.com")
    with pytest.raises(ClientError, match=SERVICE):
        workshop.sagemaker.create_processing_job(ProcessingJobName=unique("p"), **workshop.processing(role, "pass"))


def should_refuse_a_role_by_an_arn_that_is_not_its_own(workshop: Workshop) -> None:
    other = workshop.role().replace(":role/", ":role/team/")
    with pytest.raises(ClientError, match="Could not assume role"):
        workshop.sagemaker.create_processing_job(ProcessingJobName=unique("p"), **workshop.processing(other, "pass"))


def should_authorise_a_job_on_its_own_arn(workshop: Workshop) -> None:
    role = workshop.role()
    create = {"Action": "sagemaker:CreateTrainingJob", "Resource": arn("training-job/allowed-*")}
    caller = make_role(workshop.cloud, unique("caller"), "sts", create, {"Action": "iam:PassRole", "Resource": role})
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    client = workshop.cloud.client("sagemaker", credentials)
    arguments = workshop.training(role, "pass")
    client.create_training_job(TrainingJobName=unique("allowed"), **arguments)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_training_job(TrainingJobName=unique("other"), **arguments)


def should_give_policies_the_condition_keys_of_the_request(workshop: Workshop) -> None:
    role = workshop.role()
    isolated = {"Bool": {"sagemaker:NetworkIsolation": "true"}, "Null": {"sagemaker:VpcSubnets": "false"}}
    create = {"Action": "sagemaker:CreateTrainingJob", "Resource": "*", "Condition": isolated}
    caller = make_role(workshop.cloud, unique("caller"), "sts", create, {"Action": "iam:PassRole", "Resource": role})
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    client = workshop.cloud.client("sagemaker", credentials)
    arguments = workshop.training(role, "pass", EnableNetworkIsolation=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_training_job(TrainingJobName=unique("open"), **arguments)
    arguments["VpcConfig"] = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    client.create_training_job(TrainingJobName=unique("isolated"), **arguments)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"ResourceConfig": {"InstanceCount": 9, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
            "9 instances",
        ),
        ({"HyperParameters": {}}, "image add .*image -- COMMAND.*sagemaker_program"),
        ({"HyperParameters": {"sagemaker_program": "a.py"}}, "sagemaker_submit_directory"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}}, "managed spot training"),
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxPendingTimeInSeconds": 7200}}, "MaxPendingTime"),
        ({"DebugHookConfig": {"S3OutputPath": "s3://b/p"}}, "DebugHookConfig"),
        (
            {
                "EnableNetworkIsolation": True,
                "HyperParameters": {"sagemaker_program": "a.py", "sagemaker_submit_directory": "s3://b/c.tar.gz"},
            },
            "EnableNetworkIsolation",
        ),
    ],
)
def should_refuse_what_it_would_not_do(workshop: Workshop, changes: dict[str, object], reason: str) -> None:
    arguments = {**workshop.training(workshop.role(), "pass"), **changes}
    with pytest.raises(ClientError, match=reason):
        workshop.sagemaker.create_training_job(TrainingJobName=unique("t"), **arguments)


@pytest.mark.parametrize(
    ("field", "source", "reason"),
    [
        ({"RecordWrapperType": "RecordIO"}, {}, "RecordWrapperType RecordIO is not supported"),
        ({"CompressionType": "Gzip"}, {}, "CompressionType Gzip is for InputMode Pipe"),
        ({"CompressionType": "Gzip", "InputMode": "FastFile"}, {}, "CompressionType Gzip is for InputMode Pipe"),
        ({}, {"AttributeNames": ["a"]}, "AttributeNames is not supported"),
        ({}, {"S3DataType": "AugmentedManifestFile"}, "S3DataType AugmentedManifestFile is not supported"),
    ],
)
def should_refuse_a_channel_that_it_would_read_otherwise(
    workshop: Workshop, field: dict[str, object], source: dict[str, object], reason: str
) -> None:
    given = channel("train", f"s3://{workshop.bucket}/train/")
    given["DataSource"]["S3DataSource"] |= source
    arguments = workshop.training(workshop.role(), "pass", InputDataConfig=[given | field])
    with pytest.raises(ClientError, match=f"Channel train: {reason}"):
        workshop.sagemaker.create_training_job(TrainingJobName=unique("t"), **arguments)


def should_refuse_processing_paths_that_no_container_has(workshop: Workshop) -> None:
    given = processing_input("raw", f"s3://{workshop.bucket}/raw/")
    sharded = {**given, "S3Input": {**given["S3Input"], "S3DataDistributionType": "ShardedByS3Key"}}
    outside = {**given, "S3Input": {**given["S3Input"], "LocalPath": "/opt/ml/processing-too"}}
    for changed, reason in ((sharded, "ShardedByS3Key"), (outside, "LocalPath")):
        arguments = workshop.processing(workshop.role(), "pass", ProcessingInputs=[changed])
        with pytest.raises(ClientError, match=f"Input raw: .*{reason}"):
            workshop.sagemaker.create_processing_job(ProcessingJobName=unique("p"), **arguments)


def should_name_an_operation_that_is_not_supported(workshop: Workshop) -> None:
    with pytest.raises(ClientError, match=r"UnknownOperationException.*ListDomains"):
        workshop.sagemaker.list_domains()


def processes_of(job: str) -> list[psutil.Process]:
    """The processes whose environment names the job."""
    names = ("TRAINING_JOB_NAME", "PROCESSING_JOB_NAME")
    return running(lambda _command, environment: job in [environment.get(name) for name in names])
