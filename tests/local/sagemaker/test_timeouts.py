"""The time limits of a variant: for the download of its model data and for its containers' first health check."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.response import StreamingBody

from local import stand_ins
from local.sagemaker import variant_fleet
from local.sagemaker.starting import FleetError
from local.sagemaker.storage import DataError, download_archive
from local.sagemaker.timing import Timing
from local.sagemaker.variant_fleet import VariantFleet
from tests.local.sagemaker.workshop import archive


class _Bucket:
    def get_object(self, **_: Any) -> dict[str, Any]:
        content = archive(model_json="{}")
        return {"Body": StreamingBody(io.BytesIO(content), len(content))}


def should_give_up_a_download_that_takes_too_long(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="took longer than its time limit"):
        download_archive(_Bucket(), "s3://bucket/model.tar.gz", tmp_path / "late", deadline=time.monotonic() - 1)
    download_archive(_Bucket(), "s3://bucket/model.tar.gz", tmp_path / "soon", deadline=time.monotonic() + 60)
    assert (tmp_path / "soon/model.json").read_text() == "{}" and not (tmp_path / "late").exists()


@pytest.mark.parametrize(
    ("given", "download", "startup"),
    [
        ({}, 3600, 480),
        ({"ModelDataDownloadTimeoutInSeconds": 61, "ContainerStartupHealthCheckTimeoutInSeconds": 62}, 61, 62),
    ],
)
def should_hold_containers_to_the_limits_of_their_variant(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, int], download: float, startup: float
) -> None:
    limits: list[float] = []

    class Container:
        def fetch(self, _session: Any, seconds: float) -> None:
            limits.append(seconds)

    class Instance:
        processes = ()

        def __init__(self, *_: Any) -> None:
            pass

        def wait_until_healthy(self, seconds: float) -> None:
            limits.append(seconds)

    monkeypatch.setattr("local.sagemaker.containers.of", lambda *_, **__: [Container()])
    monkeypatch.setattr(variant_fleet, "Instance", Instance)
    monkeypatch.setattr(variant_fleet, "RoleSession", lambda *_, **__: None)
    variant = {"VariantName": "v", "InitialVariantWeight": 1, "InitialInstanceCount": 1, **given}
    one = VariantFleet("endpoint", variant, {"ExecutionRoleArn": "r", "ModelArn": "m"}, {"EndpointConfigName": "c"})
    one.prepare()
    one.scale(1)
    assert limits == [download, startup]


def should_end_a_start_whose_image_never_answers_its_ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASHLAR_LOCAL_STATE", str(tmp_path))
    (tmp_path / "sagemaker").mkdir()
    stand_ins.add(tmp_path, "mine", ["sh", "-c", "echo listening to nobody; exec sleep 600"], tmp_path)
    session = MagicMock()
    session.environment.return_value = dict(os.environ)
    monkeypatch.setattr(variant_fleet, "RoleSession", lambda *_, **__: session)
    limits = {"ContainerStartupHealthCheckTimeoutInSeconds": 0.5}
    variant = {"VariantName": "only", "InitialVariantWeight": 1, "InitialInstanceCount": 1, **limits}
    model = {"ExecutionRoleArn": "r", "ModelArn": "m", "_containers": [{"Image": "mine"}]}
    one = VariantFleet("endpoint", variant, model, {"EndpointConfigName": "c"})
    one.prepare()
    reason = "The primary container for production variant only did not pass the ping health check"
    with pytest.raises(FleetError, match=f"{reason}(.|\\n)*listening to nobody"):
        one.scale(1)
    one.retire(drain=False)
    assert not list((tmp_path / "children").iterdir())


@pytest.mark.parametrize(
    ("factor", "seconds", "expected"), [(1, 600, 600), (10, 600, 60), (10, 60, 20), (10, 5, 5), (60, 480, 20)]
)
def should_shorten_time_limits_to_what_a_process_needs_at_most(factor: float, seconds: float, expected: float) -> None:
    assert Timing(time_factor=factor).limit(seconds) == expected
