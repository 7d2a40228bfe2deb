"""The function with stubs in place of AWS and of CloudFormation's address."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from .entered import Entered


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Entered]:
    """Each stub fails for a call that it does not expect, and the test for one that was not made."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    module = importlib.import_module("live_endpoint.handler")
    given = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    sagemaker, autoscaling = boto3.client("sagemaker", **given), boto3.client("application-autoscaling", **given)
    cloudformation = boto3.client("cloudformation", **given)
    entered = Entered(module, Stubber(sagemaker), Stubber(autoscaling), Stubber(cloudformation))
    monkeypatch.setattr(module, "_SAGEMAKER", sagemaker)
    monkeypatch.setattr(module, "_AUTOSCALING", autoscaling)
    monkeypatch.setattr(module, "_CLOUDFORMATION", cloudformation)
    monkeypatch.setattr(module, "_HTTPS", entered.answers)
    monkeypatch.setattr(module.time, "sleep", entered.waited.append)
    with entered.sagemaker, entered.autoscaling, entered.cloudformation:
        yield entered
    entered.sagemaker.assert_no_pending_responses()
    entered.autoscaling.assert_no_pending_responses()
    entered.cloudformation.assert_no_pending_responses()
