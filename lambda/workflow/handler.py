"""Entered by a Lambda step of the pipeline; its answer is the step's output parameters, texts all of them."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config

from workflow.champion import champion
from workflow.start import start

_CONFIG = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "max_attempts": 4})
_SAGEMAKER = boto3.client("sagemaker", config=_CONFIG)
_S3 = boto3.client("s3", config=_CONFIG)


def handle(event: dict[str, Any], context: object) -> dict[str, str]:
    """The answer to `event["question"]`. What is raised is the step's, and so the execution's, failure reason."""
    question = event.get("question")
    if question == "start":
        answer = start(_SAGEMAKER, _S3, event)
    elif question == "champion":
        answer = champion(_SAGEMAKER, event)
    else:
        raise ValueError(f"The question is {question!r}: ask `start` or `champion`.")
    print(json.dumps({"question": question, **answer}))
    return answer
