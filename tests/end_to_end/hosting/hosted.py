"""The platform of the hosting tests: deploy it, register packages, send requests, and see what the processes saw."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from config import catalogue
from stacks.pipeline_definition.steps import INFERENCE_CODE
from tests.conftest import ROOT
from tests.end_to_end.hosting.platform import Json, synthesize
from tests.local.cloud import REGION, LocalCloud, eventually
from tests.local.running import running

CDK = (str(ROOT / ".venv/bin/node"), "node_modules/aws-cdk/bin/cdk")


@dataclass(frozen=True)
class Hosted:
    """`folder` holds the assemblies and what the containers noted. An endpoint is named as in the configuration."""

    cloud: LocalCloud
    folder: Path

    @property
    def notes(self) -> Path:
        """The file that every container writes to."""
        return self.folder / "notes.jsonl"

    def synthesize(self, changes: Mapping[str, Any] | None = None) -> Path:
        """Where the assemblies of the app and of its limits are, with `changes` of the endpoints."""
        outdir = self.folder / uuid.uuid4().hex[:8]
        synthesize(outdir, self.notes, changes or {})
        return outdir

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The genuine CLI; nobody is asked."""
        return self.cloud.run(*CDK, *arguments)

    def deploy(self, endpoint: str, changes: Mapping[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        """`cdk deploy` of one endpoint's stack."""
        app = str(self.synthesize(changes) / "app")
        return self.cdk("deploy", self.stack(endpoint), "--exclusively", "--app", app, "--require-approval=never")

    def stack(self, endpoint: str) -> str:
        """The name of its stack."""
        return f"ashlar-local-inference-{endpoint}"

    def described_stack(self, endpoint: str) -> Json:
        """DescribeStacks."""
        (found,) = self.cloud.client("cloudformation").describe_stacks(StackName=self.stack(endpoint))["Stacks"]
        return dict(found)

    def bucket(self, noun: str) -> str:
        """The bucket of the data stack whose logical id begins so."""
        listed = self.cloud.client("cloudformation").describe_stack_resources(StackName="ashlar-local-data")
        (found,) = [
            str(its["PhysicalResourceId"])
            for its in listed["StackResources"]
            if its["ResourceType"] == "AWS::S3::Bucket" and its["LogicalResourceId"].startswith(noun)
        ]
        return found

    def register(self, candidate: str) -> str:
        """A new version, approved; its ARN."""
        code, bucket = (Path(__file__).with_name("inference.py")).read_bytes(), self.bucket("Artifacts")
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            member = tarfile.TarInfo("code/inference.py")
            member.size = len(code)
            tar.addfile(member, io.BytesIO(code))
        key = f"models/reviews/{uuid.uuid4().hex}/model.tar.gz"
        self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=archive.getvalue())
        container = {
            "Image": catalogue.images().uri("sklearn", REGION),
            "ModelDataUrl": f"s3://{bucket}/{key}",
            "Environment": INFERENCE_CODE,
        }
        types = {"SupportedContentTypes": ["application/json"], "SupportedResponseMIMETypes": ["application/json"]}
        created = self.cloud.client("sagemaker").create_model_package(
            ModelPackageGroupName=f"ashlar-local-reviews-{candidate}",
            ModelApprovalStatus="Approved",
            InferenceSpecification={"Containers": [container], **types},
        )
        return str(created["ModelPackageArn"])

    def until_released(self, endpoint: str, **packages: str) -> None:
        """Wait until the stack is through and says so: variant -> package."""
        wanted = {f"{variant.title()}ModelPackage": package for variant, package in packages.items()}

        def is_released() -> bool:
            stack = self.described_stack(endpoint)
            found = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
            return found == wanted and stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")

        eventually(is_released, seconds=120)

    def described(self, endpoint: str) -> Json:
        """DescribeEndpoint once it is in service."""

        def found() -> Json | None:
            described: Json = self.cloud.client("sagemaker").describe_endpoint(EndpointName=f"ashlar-local-{endpoint}")
            return described if described["EndpointStatus"] == "InService" else None

        described = eventually(found, seconds=120)
        assert described
        return described

    def variants(self, endpoint: str) -> dict[str, Json]:
        """Production variant -> what DescribeEndpoint says of it."""
        return {variant["VariantName"]: variant for variant in self.described(endpoint)["ProductionVariants"]}

    def invoke(self, endpoint: str, word: str, *, target: str | None = None, **request: Any) -> Json:
        """The answer to one request, with the `variant` that gave it. `target`: TargetVariant."""
        targeted = {"TargetVariant": target} if target else {}
        answer = self.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=f"ashlar-local-{endpoint}",
            ContentType="application/json",
            Body=json.dumps({"word": word, **request}),
            **targeted,
        )
        return {**json.loads(answer["Body"].read()), "variant": answer["InvokedProductionVariant"]}

    def seen(self, *words: str) -> list[Json]:
        """What containers noted of the requests with these words, in the order that they came."""
        noted = [json.loads(line) for line in self.notes.read_text("utf-8").splitlines()]
        return [note for note in noted if note["request"]["word"] in words]

    def processes(self, endpoint: str, variant: str) -> list[psutil.Process]:
        """The machine's processes that serve a variant, of all its containers."""
        own = {"NOTES": str(self.notes), "ENDPOINT": endpoint, "VARIANT": variant}
        return running(lambda _, environment: own.items() <= environment.items())
