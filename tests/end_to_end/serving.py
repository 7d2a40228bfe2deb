"""What really answers, and which processes it is."""

from __future__ import annotations

import json
from typing import Any

import psutil

from tests.end_to_end.conftest import Ashlar
from tests.local.running import running

ENDPOINT = "ashlar-local-reviews"
VARIANTS = ("linear", "xgboost")
BODY = json.dumps({"instances": [{"text": "nice"}]}).encode()


def answering(ashlar: Ashlar) -> dict[str, str]:
    """Variant -> ARN of the package that answers a request to it."""
    return {variant: str(_answer(ashlar, variant)["model_package"]) for variant in VARIANTS}


def _answer(ashlar: Ashlar, variant: str) -> dict[str, Any]:
    answer = ashlar.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="application/json", TargetVariant=variant, Body=BODY
    )
    found: dict[str, Any] = json.loads(answer["Body"].read())
    return found


def model_servers(ashlar: Ashlar, variant: str) -> list[psutil.Process]:
    """The processes of a variant's instances, those of a fleet that comes or goes among them."""
    mark = str(ashlar.state / "sagemaker" / f"{ENDPOINT}-{variant}-")
    return running(lambda command, _: "--listen" in command and any(mark in word for word in command))


def workers(ashlar: Ashlar, function: str) -> list[psutil.Process]:
    """The processes of a Lambda function."""
    mark = str(ashlar.state / "tmp" / f"ministack-lambda-{function}-")
    return running(lambda command, _: any(word.startswith(mark) for word in command))
