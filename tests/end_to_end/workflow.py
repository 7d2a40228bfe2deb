"""The pipeline with what the environment `local` leaves out, deployed over its own, and its executions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import yaml

from config import load
from config.examples import changed
from tests.conftest import ROOT
from tests.end_to_end.conftest import Ashlar
from tests.local.cloud import eventually

Json = dict[str, Any]
STACK = "ashlar-local-training-reviews"
PIPELINE = "ashlar-local-reviews"
_ENDED = ("Succeeded", "Failed", "Stopped")
# Nothing is released by it: what the endpoint serves stays as other tests know it.
SETTINGS: Json = {
    "approval": "manual",
    "one_at_a_time": True,
    "parameters": {"rounds": {"type": "integer", "default": 300}},
    "candidates.xgboost.spot": {"max_wait_minutes": 120},
    "candidates.xgboost.checkpoints": True,
    # Slow enough that validation stops it never, and somebody else in the middle of it.
    "candidates.xgboost.hyperparameters": {"num_round": "{rounds}", "early_stopping_rounds": 5000, "eta": 0.005},
    "transform": {"strategy": "MultiRecord", "split": "Line", "max_payload_mb": 1},
}


@dataclass(frozen=True)
class Execution:
    """An execution that ended. `steps`: name -> what ListPipelineExecutionSteps says of it."""

    arn: str
    status: str
    steps: dict[str, Json]

    @property
    def id(self) -> str:
        """The end of its ARN."""
        return self.arn.rsplit("/", 1)[-1]

    def job(self, step: str, kind: str) -> str:
        """The name of a step's job of `kind`: TrainingJob, ProcessingJob, TransformJob."""
        return str(self.steps[step]["Metadata"][kind]["Arn"]).rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Workflow:
    """The changed pipeline of a deployed platform."""

    ashlar: Ashlar

    @property
    def sagemaker(self) -> Any:
        """SageMaker as the account's root."""
        return self.ashlar.client("sagemaker")

    def start(self, **parameters: str) -> str:
        """ARN of an execution on the batch that the platform was deployed with."""
        pages = self.sagemaker.get_paginator("list_pipeline_executions").paginate(
            PipelineName=PIPELINE, SortBy="CreationTime", SortOrder="Ascending"
        )
        first = next(iter(pages))["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
        listed = self.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=first)
        given = {each["Name"]: each["Value"] for each in listed["PipelineParameters"]} | parameters
        started = self.sagemaker.start_pipeline_execution(
            PipelineName=PIPELINE, PipelineParameters=[{"Name": k, "Value": v} for k, v in given.items()]
        )
        return str(started["PipelineExecutionArn"])

    def steps(self, arn: str) -> dict[str, Json]:
        """The steps that began, by name."""
        pages = self.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
        return {step["StepName"]: step for page in pages for step in page["PipelineExecutionSteps"]}

    def ended(self, arn: str) -> Execution:
        """Wait for the end."""

        def status() -> str:
            found = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]
            return str(found) if found in _ENDED else ""

        return Execution(arn, eventually(status, seconds=240), self.steps(arn))

    def log(self, execution: Execution, step: str) -> str:
        """What a step's job wrote, as an operator reads it."""
        done = self.ashlar.ops("pipeline", "logs", "reviews", step, "--execution", execution.id)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def evaluation(self, execution: Execution) -> Json:
        """evaluation.json of an execution."""
        described = self.sagemaker.describe_processing_job(ProcessingJobName=execution.job("Evaluate", "ProcessingJob"))
        (output,) = described["ProcessingOutputConfig"]["Outputs"]
        found: Json = json.loads(self.read(f"{output['S3Output']['S3Uri']}/evaluation.json"))
        return found

    def read(self, uri: str) -> bytes:
        """An object, as the account's root."""
        place = urlparse(uri)
        found = self.ashlar.client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        return bytes(found["Body"].read())

    def packages(self) -> set[str]:
        """ARNs of every version of every candidate."""
        groups = (f"{PIPELINE}-{candidate}" for candidate in ("linear", "xgboost"))
        pages = self.sagemaker.get_paginator("list_model_packages")
        return {
            each["ModelPackageArn"]
            for group in groups
            for page in pages.paginate(ModelPackageGroupName=group)
            for each in page["ModelPackageSummaryList"]
        }


@contextmanager
def deployed(ashlar: Ashlar, folder: Path) -> Iterator[Workflow]:
    """The pipeline with SETTINGS for the time of the block; then what was there before."""
    try:
        _deploy(ashlar, _synthesized(folder))
        yield Workflow(ashlar)
    finally:
        _deploy(ashlar, ashlar.state.parent / "cdk.out")


def _synthesized(folder: Path) -> Path:
    from app import compose, new_app  # here: jsii starts Node, which most tests do not need

    file, assembly = folder / "local.yaml", folder / "cdk.out"
    settings = {f"models.reviews.{path}": value for path, value in SETTINGS.items()}
    # Scripts get their arguments in the order of the file, and another order would be another job to the cache.
    file.write_text(yaml.safe_dump(changed("local", settings), sort_keys=False), "utf-8")
    app = new_app(outdir=str(assembly))
    compose(app, load(file))
    app.synth()
    return assembly


def _deploy(ashlar: Ashlar, assembly: Path) -> None:
    cdk = (str(ROOT / ".venv/bin/node"), "node_modules/aws-cdk/bin/cdk")
    done = ashlar.exec(*cdk, "deploy", STACK, "--exclusively", "--app", str(assembly), "--require-approval=never")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
