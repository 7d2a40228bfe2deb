"""Batch transform jobs with real model servers."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import eventually
from tests.local.running import running
from tests.local.sagemaker.workshop import Workshop, archive, arn, unique
from tests.local.stacks import credentials_of, make_role, make_rule

Json = dict[str, Any]
PIPELINE_ACTIONS = ("sagemaker:*", "iam:PassRole", "s3:GetObject")
# Answers a line to each: its text in capitals, and how many came together.
SHOUT = """
import os
def model_fn(model_dir):
    return os.environ.get("GREETING", "")
def input_fn(body, content_type):
    if "broken" in body:
        raise ValueError("cannot read broken")
    return body.split("\\n")
def predict_fn(lines, greeting):
    return [f"{greeting}{line.upper()}:{len(lines)}" for line in lines]
def output_fn(answers, accept):
    return "\\n".join(answers) + "\\n", accept
"""
HANG = SHOUT.replace("    return body.split", "    import time; time.sleep(600)\n    return body.split")


def _arguments(workshop: Workshop, model: str, uri: str, out: str, **changes: Any) -> Json:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    return {
        "ModelName": model,
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {
            "S3OutputPath": f"s3://{workshop.bucket}/{out}", "Accept": "text/csv", "AssembleWith": "Line"
        },
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
        **changes,
    }  # fmt: skip


def _started(workshop: Workshop, arguments: Json) -> str:
    name = unique("transform")
    workshop.sagemaker.create_transform_job(TransformJobName=name, **arguments)
    return name


def _run(
    workshop: Workshop, content: dict[str, str | bytes], *, script: str = SHOUT, **changes: Any
) -> tuple[Json, str]:
    """Run a job on objects; returns its description at its end and the prefix of its output."""
    prefix, out = f"given/{unique('in')}", f"made/{unique('out')}"
    for name, text in content.items():
        workshop.put(f"{prefix}/{name}", text)
    model = workshop.model(workshop.role(), "", script=script)
    arguments = _arguments(workshop, model, f"s3://{workshop.bucket}/{prefix}/", out, **changes)
    return workshop.ended("TransformJob", _started(workshop, arguments)), out


def should_answer_every_line_of_every_object_in_order(workshop: Workshop) -> None:
    lines = [f"line-{n}" for n in range(300)]
    job, out = _run(workshop, {"a.csv": "\n".join(lines) + "\n", "deep/b.csv": "x\ny\n"})
    assert job["TransformJobStatus"] == "Completed", job
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    expected = "".join(f"{line.upper()}:300\n" for line in lines)
    assert workshop.text(f"{out}/a.csv.out") == expected
    assert workshop.text(f"{out}/deep/b.csv.out") == "X:2\nY:2\n"
    assert not running(lambda _, environment: job["TransformJobName"] in environment.get("TMPDIR", ""))


def should_keep_the_order_with_many_requests_at_a_time(workshop: Workshop) -> None:
    lines = [f"line-{n}" for n in range(200)]
    job, out = _run(
        workshop,
        {"a.csv": "\n".join(lines)},
        BatchStrategy="SingleRecord",
        MaxConcurrentTransforms=4,
        TransformResources={"InstanceCount": 2, "InstanceType": "ml.m5.large"},
    )
    assert job["TransformJobStatus"] == "Completed", job
    assert workshop.text(f"{out}/a.csv.out") == "".join(f"{line.upper()}:1\n" for line in lines)


def should_fill_requests_up_to_the_payload(workshop: Workshop) -> None:
    line = "x" * 400_000
    job, out = _run(workshop, {"a.csv": "\n".join([line] * 5)}, MaxPayloadInMB=1)
    assert job["TransformJobStatus"] == "Completed", job
    together = [found.rsplit(":", 1)[1] for found in workshop.text(f"{out}/a.csv.out").split()]
    assert together == ["2", "2", "2", "2", "1"]


def should_send_an_object_whole_where_nothing_splits_it(workshop: Workshop) -> None:
    prefix, out = f"given/{unique('in')}", f"made/{unique('out')}"
    uri = workshop.put(f"{prefix}/a.csv", "a\nb")
    arguments = _arguments(workshop, workshop.model(workshop.role(), "", script=SHOUT), uri, out)
    arguments["TransformInput"].pop("SplitType")
    arguments["TransformOutput"].pop("AssembleWith")
    job = workshop.ended("TransformJob", _started(workshop, arguments))
    assert job["TransformJobStatus"] == "Completed", job
    assert workshop.text(f"{out}/a.csv.out") == "A:2\nB:2"


def should_filter_join_and_set_the_environment(workshop: Workshop) -> None:
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    job, out = _run(workshop, {"a.csv": "7,a\n8,b\n"}, DataProcessing=processing, Environment={"GREETING": "hi-"})
    assert job["TransformJobStatus"] == "Completed", job
    assert workshop.text(f"{out}/a.csv.out") == "7,hi-A:2\n8,hi-B:2\n"


def should_read_compressed_objects_and_manifests(workshop: Workshop) -> None:
    prefix, out = f"given/{unique('in')}", f"made/{unique('out')}"
    workshop.put(f"{prefix}/a.gz", gzip.compress(b"a\n"))
    workshop.put(f"{prefix}/b.gz", "not asked for")
    manifest = json.dumps([{"prefix": f"s3://{workshop.bucket}/{prefix}/"}, "a.gz"])
    uri = workshop.put(f"manifests/{unique('m')}.json", manifest)
    arguments = _arguments(workshop, workshop.model(workshop.role(), "", script=SHOUT), uri, out)
    arguments["TransformInput"]["CompressionType"] = "Gzip"
    arguments["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    job = workshop.ended("TransformJob", _started(workshop, arguments))
    assert job["TransformJobStatus"] == "Completed", job
    assert workshop.text(f"{out}/a.gz.out") == "A:1\n"


def should_say_which_records_the_model_refused_and_store_the_others(workshop: Workshop) -> None:
    client = {"InvocationsMaxRetries": 0, "InvocationsTimeoutInSeconds": 30}
    job, out = _run(
        workshop, {"bad.csv": "a\nbroken\n", "good.csv": "a\n"}, BatchStrategy="SingleRecord", ModelClientConfig=client
    )
    assert job["TransformJobStatus"] == "Failed"
    reason = job["FailureReason"]
    assert reason.startswith("AlgorithmError: ")
    assert "bad.csv" in reason and "to record 2" in reason and "cannot read broken" in reason
    assert workshop.text(f"{out}/good.csv.out") == "A:1\n"
    assert "cannot read broken" in workshop.log("/aws/sagemaker/TransformJobs")


@pytest.mark.parametrize(
    ("content", "changes", "reason"),
    [
        ({}, {}, "Upload the data first"),
        ({"a.csv": "x" * 1_100_000}, {"MaxPayloadInMB": 1}, "record 1 has 1.0 MB, more than MaxPayloadInMB"),
        ({"a.csv": "1"}, {"DataProcessing": {"InputFilter": "$[5]"}}, r"InputFilter $[5]: $[5] finds nothing"),
    ],
)
def should_fail_with_a_reason_one_can_act_on(
    workshop: Workshop, content: dict[str, str | bytes], changes: Json, reason: str
) -> None:
    job, _ = _run(workshop, content, **changes)
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert reason in job["FailureReason"]


def should_tell_why_the_model_server_did_not_start(workshop: Workshop) -> None:
    job, _ = _run(workshop, {"a.csv": "a"}, script="def model_fn(model_dir): raise ValueError('no weights')")
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert "no weights" in job["FailureReason"]


def should_fail_when_the_models_role_may_not_store_the_answers(workshop: Workshop) -> None:
    uri = workshop.put(f"given/{unique('in')}/a.csv", "a")
    model = workshop.model(workshop.role(actions=("s3:GetObject", "s3:ListBucket", "logs:*")), "", script=SHOUT)
    job = workshop.ended("TransformJob", _started(workshop, _arguments(workshop, model, uri, "made/never")))
    assert "AccessDenied" in job["FailureReason"] and "Allow the job's role" in job["FailureReason"]


@pytest.mark.parametrize("script", [HANG, "import time\ntime.sleep(600)\n"])
def should_stop_a_job_that_works_on_a_request_or_still_starts(workshop: Workshop, script: str) -> None:
    uri = workshop.put(f"given/{unique('in')}/a.csv", "a")
    model = workshop.model(workshop.role(), "", script=script)
    name = _started(workshop, _arguments(workshop, model, uri, "made/stopped"))
    eventually(lambda: running(lambda _, environment: f"/{name}" in environment.get("TMPDIR", "")))
    workshop.sagemaker.stop_transform_job(TransformJobName=name)
    assert workshop.ended("TransformJob", name)["TransformJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ModelName": "nothing"}, "Could not find model"),
        ({"TransformInput": {"SplitType": "RecordIO"}}, "SplitType RecordIO"),
        ({"TransformInput": {"SplitType": "None"}, "BatchStrategy": "SingleRecord"}, "SingleRecord needs records"),
        ({"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2}, "must not be above 100 MB"),
        ({"DataProcessing": {"InputFilter": "text"}}, "must begin with"),
        ({"DataProcessing": {"JoinSource": "Input"}, "TransformOutput": {"Accept": "application/json"}}, "same format"),
        ({"DataProcessing": {"JoinSource": "Input"}, "TransformOutput": {"AssembleWith": "None"}}, "AssembleWith None"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://b/c"}}, "DataCaptureConfig"),
    ],
)
def should_refuse_a_transform_job_that_it_would_not_carry_out(workshop: Workshop, changes: Json, reason: str) -> None:
    model = workshop.model(workshop.role(), "", script=SHOUT)
    arguments = _arguments(workshop, model, f"s3://{workshop.bucket}/x/", "made/never")
    for field, value in changes.items():
        arguments[field] = {**arguments[field], **value} if field in ("TransformInput", "TransformOutput") else value
    with pytest.raises(ClientError, match=reason):
        _started(workshop, arguments)


def should_authorise_a_transform_job_by_its_arn_model_key_and_tags(workshop: Workshop) -> None:
    model = workshop.model(workshop.role(), "", script=SHOUT)
    key = "arn:aws:kms:eu-west-1:123456789012:key/1111"
    allowed = {
        "Action": "sagemaker:CreateTransformJob",
        "Resource": arn("transform-job/*"),
        "Condition": {
            "ArnEquals": {"sagemaker:ModelArn": arn(f"model/{model}"), "sagemaker:OutputKmsKeyArn": key},
            "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]},
        },
    }
    role = make_role(workshop.cloud, unique("caller"), "account", allowed)
    client = workshop.cloud.client("sagemaker", credentials_of(workshop.cloud, role))
    uri = workshop.put(f"given/{unique('in')}/a.csv", "a")
    good = _arguments(workshop, model, uri, f"made/{unique('out')}")
    good["TransformOutput"]["KmsKeyId"] = key
    other_model = {**good, "ModelName": workshop.model(workshop.role(), "", script=SHOUT)}
    large = {**good, "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.p3.2xlarge"}}
    plain = {**good, "TransformOutput": {k: v for k, v in good["TransformOutput"].items() if k != "KmsKeyId"}}
    for refused in (other_model, large, plain, {**good, "Tags": [{"Key": "a", "Value": "b"}]}):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.create_transform_job(TransformJobName=unique("t"), **refused)
    client.create_transform_job(TransformJobName=unique("t"), **good)


def should_tell_each_change_and_list_jobs(workshop: Workshop) -> None:
    queue = workshop.cloud.client("sqs")
    url = queue.create_queue(QueueName=unique("events"))["QueueUrl"]
    queue_arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Transform Job State Change"]}
    make_rule(workshop.cloud, unique("seen"), pattern, {"Arn": queue_arn})
    job, _ = _run(workshop, {"a.csv": "a"})
    name, seen = job["TransformJobName"], list[str]()

    def completed() -> bool:
        for message in queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            detail = json.loads(message["Body"])["detail"]
            if detail["TransformJobName"] == name:
                seen.append(detail["TransformJobStatus"])
        return "Completed" in seen

    eventually(completed)
    assert "InProgress" in seen
    listed = workshop.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert [one["TransformJobStatus"] for one in listed] == ["Completed"]


def should_transform_in_a_pipeline_with_a_model_that_an_earlier_step_makes(workshop: Workshop) -> None:
    url = workshop.put(f"models/{unique('model')}/model.tar.gz", archive(model_json="{}", code__inference_py=SHOUT))
    uri = workshop.put(f"given/{unique('in')}/a.csv", "a\n")
    container = {"Image": "image", "ModelDataUrl": url}
    model = {
        "Name": "Model",
        "Type": "Model",
        "Arguments": {"ExecutionRoleArn": workshop.role(), "PrimaryContainer": container},
    }
    out = f"made/{unique('out')}"
    arguments = _arguments(workshop, "unused", uri, out)
    arguments["ModelName"] = {"Get": "Steps.Model.ModelName"}
    step = {"Name": "Score", "Type": "Transform", "Arguments": arguments}
    path = {"Get": "Steps.Score.TransformOutput.S3OutputPath"}
    end = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": path}}
    _, steps = workshop.executed(workshop.pipeline(workshop.role(actions=PIPELINE_ACTIONS), [model, step, end]))
    assert steps["End"]["FailureReason"] == f"s3://{workshop.bucket}/{out}"
    assert steps["Score"]["Metadata"]["TransformJob"]["Arn"].startswith(arn("transform-job/pipelines-"))
    assert workshop.text(f"{out}/a.csv.out") == "A:1\n"
