"""The function with stubs in place of SageMaker and S3."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber


@dataclass
class Asked:
    """The function, and what AWS answers it: a stub fails for a call that it does not expect."""

    module: ModuleType
    sagemaker: Stubber
    s3: Stubber

    def __call__(self, **event: Any) -> dict[str, str]:
        answer: dict[str, str] = self.module.handle(event, None)
        return answer


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """A test fails for an expected call that was not made, too."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    module = importlib.import_module("workflow.handler")
    given = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    sagemaker, s3 = boto3.client("sagemaker", **given), boto3.client("s3", **given)
    monkeypatch.setattr(module, "_SAGEMAKER", sagemaker)
    monkeypatch.setattr(module, "_S3", s3)
    asked = Asked(module, Stubber(sagemaker), Stubber(s3))
    with asked.sagemaker, asked.s3:
        yield asked
    asked.sagemaker.assert_no_pending_responses()
    asked.s3.assert_no_pending_responses()
