"""A bucket, roles and tiny scripts, and the SageMaker calls of the integration tests."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore import xform_name

from tests.local.cloud import ACCOUNT, REGION, LocalCloud, eventually
from tests.local.stacks import make_role

Json = dict[str, Any]
SERVICE = "sagemaker.amazonaws.com"
_ENDED = ("Completed", "Failed", "Stopped", "Succeeded")

INFERENCE = """
import json, os

def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.json")) as file:
        return json.load(file)

def predict_fn(data, model):
    if data == "crash":
        os._exit(3)
    if data == "raise":
        raise ValueError("no such review")
    return {"answer": model["answer"], "given": data}
"""


def archive(**files: str) -> bytes:
    """A .tar.gz with the given files; `__` in a name stands for `/`, and each name gets its suffix from its content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_py", ".py").replace("_json", ".json"))
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass(frozen=True)
class Workshop:
    """Where a test works: a local cloud, a bucket of its own and the roles it makes there."""

    cloud: LocalCloud
    bucket: str

    @cached_property
    def sagemaker(self) -> Any:
        """SageMaker as the account's root."""
        return self.cloud.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        """The runtime as the account's root."""
        return self.cloud.client("sagemaker-runtime")

    @cached_property
    def s3(self) -> Any:
        """S3 as the account's root."""
        return self.cloud.client("s3")

    def role(self, *, actions: tuple[str, ...] = ("s3:*", "logs:*"), trust_condition: Json | None = None) -> str:
        """A role that SageMaker may assume, under a condition if given, and that may do `actions` on anything."""
        name = unique("role")
        arn = make_role(self.cloud, name, SERVICE, {"Action": list(actions), "Resource": "*"})
        if trust_condition:
            principal = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
            trust = {"Version": "2012-10-17", "Statement": [{**principal, "Condition": trust_condition}]}
            self.cloud.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        return arn

    def put(self, key: str, content: str | bytes) -> str:
        """Store an object and return its URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return f"s3://{self.bucket}/{key}"

    def text(self, key: str) -> str:
        """An object's content."""
        return str(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode())

    def processing(self, role: str, script: str, **changes: Any) -> Json:
        """The arguments of a processing job that runs `script` with Python; the job's name is not among them."""
        code = self.put(f"code/{unique('code')}/sourcedir.tar.gz", archive(main_py=script))
        unpack = 'cd "$(mktemp -d)" && tar -xzf /opt/ml/processing/input/code/*.tar.gz && exec python3 "$@"'
        return {
            "RoleArn": role,
            "AppSpecification": {
                "ImageUri": "image",
                "ContainerEntrypoint": ["/bin/sh", "-ec", unpack, "sh"],
                "ContainerArguments": ["main.py"],
            },
            "ProcessingInputs": [processing_input("code", code)],
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
            },
            **changes,
        }

    def output(self, name: str, key: str) -> Json:
        """A processing output from /opt/ml/processing/<name> to the bucket."""
        target = {"LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": "EndOfJob"}
        return {"OutputName": name, "S3Output": {**target, "S3Uri": f"s3://{self.bucket}/{key}"}}

    def training(
        self, role: str, script: str, hyperparameters: Mapping[str, str] | None = None, **changes: Any
    ) -> Json:
        """The arguments of a training job that runs `script`, shipped as a channel; its name is not among them."""
        code = self.put(f"code/{unique('code')}/sourcedir.tar.gz", archive(train_py=script))
        return {
            "RoleArn": role,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "HyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"',
                **(hyperparameters or {}),
            },
            "InputDataConfig": [channel("code", code)],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **changes,
        }

    def finished_processing(self, arguments: Json) -> Json:
        """Run a processing job and return its description at its end."""
        name = unique("process")
        self.sagemaker.create_processing_job(ProcessingJobName=name, **arguments)
        return self.ended("ProcessingJob", name)

    def finished_training(self, arguments: Json) -> Json:
        """Run a training job and return its description at its end."""
        name = unique("train")
        self.sagemaker.create_training_job(TrainingJobName=name, **arguments)
        return self.ended("TrainingJob", name)

    def ended(self, kind: str, name: str) -> Json:
        """The description of a job at its end; `kind` is such as TrainingJob."""
        describe = getattr(self.sagemaker, xform_name(f"Describe{kind}"))
        return self._ended(lambda: describe(**{f"{kind}Name": name}), f"{kind}Status")

    def pipeline(self, role: str, steps: list[Json], parameters: list[Json] | None = None) -> str:
        """Make a pipeline and return its name."""
        name = unique("pipeline")
        definition = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": steps}
        self.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=json.dumps(definition), RoleArn=role)
        return name

    def executed(self, pipeline: str, **parameters: str) -> tuple[Json, dict[str, Json]]:
        """Execute a pipeline; returns the execution's description at its end, and its steps by name."""
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        arn = self.sagemaker.start_pipeline_execution(PipelineName=pipeline, PipelineParameters=given)[
            "PipelineExecutionArn"
        ]
        return self.finished_execution(arn)

    def finished_execution(self, arn: str) -> tuple[Json, dict[str, Json]]:
        """The description of an execution at its end, and its steps by name."""
        ended = self._ended(
            lambda: self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn), "PipelineExecutionStatus"
        )
        steps = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return ended, {step["StepName"]: step for step in steps}

    def model(self, role: str, answer: str, *, script: str = INFERENCE) -> str:
        """Make a model whose predictions say `answer`, and return its name."""
        content = archive(model_json=json.dumps({"answer": answer}), code__inference_py=script)
        url = self.put(f"models/{unique('model')}/model.tar.gz", content)
        name = unique("model")
        container = {"Image": "image", "ModelDataUrl": url}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
        return name

    def configuration(self, *variants: tuple[str, str, float]) -> str:
        """Make an endpoint configuration of (variant, model, weight), and return its name."""
        name = unique("config")
        listed = [
            {
                "VariantName": variant,
                "ModelName": model,
                "InitialVariantWeight": weight,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
            }
            for variant, model, weight in variants
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=listed)
        return name

    def endpoint(self, configuration: str) -> str:
        """Make an endpoint that serves, and return its name."""
        name = unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=configuration)
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def settled(self, endpoint: str) -> Json:
        """The endpoint's description once no operation runs."""

        def description() -> Json | None:
            found: Json = self.sagemaker.describe_endpoint(EndpointName=endpoint)
            return found if found["EndpointStatus"] in ("InService", "Failed") else None

        found = eventually(description)
        assert found
        return found

    def invoke(self, endpoint: str, data: object = "hello", **options: Any) -> tuple[Json, str]:
        """One prediction and the variant that made it."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=json.dumps(data), ContentType="application/json", **options
        )
        return json.loads(answer["Body"].read()), answer["InvokedProductionVariant"]

    def log(self, group: str) -> str:
        """Every line of a log group."""
        logs = self.cloud.client("logs")
        lines = []
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            events = logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]  # fmt: skip
            lines += [event["message"] for event in events]
        return "\n".join(lines)

    def _ended(self, describe: Any, field: str) -> Json:
        def ended() -> Json | None:
            found: Json = describe()
            return found if found[field] in _ENDED else None

        found = eventually(ended, seconds=120)
        assert found
        return found


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def processing_input(name: str, uri: str, *, data_type: str = "S3Prefix") -> Json:
    """An input at /opt/ml/processing/input/<name>."""
    source = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/input/{name}",
        "S3DataType": data_type,
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": source}


def channel(name: str, uri: str) -> Json:
    """A training channel."""
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def arn(resource: str) -> str:
    """The ARN of a SageMaker resource."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{resource}"
