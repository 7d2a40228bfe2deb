"""A front door on a local cloud of its own, before endpoints whose models do as they are told."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.end_to_end.front_door.configuration import ANSWERING, QUEUED, STUB, Json, synthesize
from tests.local import stacks
from tests.local.assemblies import Assembly, deploy, update
from tests.local.cloud import LocalCloud, eventually, run_launcher, started

NAME = "ashlar-local"
STACK, NETWORK = f"{NAME}-front-door", f"{NAME}-network"


@dataclass
class Place:
    """Where it is, and the settings of the front door that are deployed now."""

    cloud: LocalCloud
    folder: Path
    settings: Json = field(default_factory=dict)

    def having(self, **front_door: Any) -> Json:
        """The outputs of the front door's stack, which has these settings from now on."""
        if front_door != self.settings:
            assembly = Assembly(self._synthesize(front_door) / "app")
            # The network has the VPC endpoint of a private API: first one there, last one gone.
            if front_door.get("private"):
                update(self.cloud, assembly, NETWORK)
            update(self.cloud, assembly, STACK)
            if self.settings.get("private"):
                update(self.cloud, assembly, NETWORK)
            self.settings = front_door
        return self.outputs()

    def outputs(self) -> Json:
        """The outputs of its stack."""
        described = stacks.describe(self.cloud, STACK)
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def function(self) -> str:
        """The name of its function."""
        pages = self.cloud.client("lambda").get_paginator("list_functions").paginate()
        (found,) = [its["FunctionName"] for page in pages for its in page["Functions"] if STACK in its["FunctionName"]]
        return str(found)

    def deploy(self, **front_door: Any) -> None:
        """Everything that the front door and the endpoint of jobs need."""
        folder = self._synthesize(front_door, limits=True)
        self.settings = front_door
        failures = deploy(self.cloud, Assembly(folder / "limits"))
        failures |= deploy(self.cloud, Assembly(folder / "app"), [STACK, f"{NAME}-inference-{QUEUED}"])
        assert not failures, "\n".join(f"{stack}: {reasons}" for stack, reasons in failures.items())

    def make_endpoints(self) -> None:
        """Endpoints as releases leave them, with two variants each."""
        role = stacks.make_role(self.cloud, "stub-model", "sagemaker.amazonaws.com")
        for endpoint in ANSWERING:
            self._make_endpoint(f"{NAME}-{endpoint}", role)
        sagemaker = self.cloud.client("sagemaker")
        for endpoint in (*ANSWERING, QUEUED):
            eventually(partial(_is_in_service, sagemaker, f"{NAME}-{endpoint}"), seconds=60)

    def _make_endpoint(self, name: str, role: str) -> None:
        sagemaker, variants = self.cloud.client("sagemaker"), []
        for variant, weight in (("linear", 90), ("xgboost", 10)):
            environment = {"VARIANT": variant, "PACKAGE": f"{name}-{variant}/1"}
            container = {"Image": STUB, "Environment": environment}
            sagemaker.create_model(ModelName=f"{name}-{variant}", ExecutionRoleArn=role, PrimaryContainer=container)
            size = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": weight}
            variants.append({"VariantName": variant, "ModelName": f"{name}-{variant}", **size})
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    def _synthesize(self, front_door: Mapping[str, Any], *, limits: bool = False) -> Path:
        outdir = self.folder / uuid.uuid4().hex[:8]
        synthesize(outdir, front_door, limits=limits)
        return outdir


def _is_in_service(sagemaker: Any, name: str) -> bool:
    described = sagemaker.describe_endpoint(EndpointName=name)
    assert described["EndpointStatus"] != "Failed", described["FailureReason"]
    return bool(described["EndpointStatus"] == "InService")


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """With IAM, deployed; everything ended after the block."""
    with started(folder / "state") as cloud:
        server = (sys.executable, "-m", "tests.end_to_end.front_door.stub_model")
        added = run_launcher("image", "add", STUB, "--", *server, state=cloud.state)
        assert added.returncode == 0, added.stderr
        place = Place(cloud, folder)
        place.deploy()
        place.make_endpoints()
        yield place
