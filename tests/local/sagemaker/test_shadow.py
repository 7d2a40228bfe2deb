"""Shadow variants: they get copies of a sample of the requests, and nobody gets their answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker import shadow
from local.sagemaker.fleet import Fleet
from tests.local.cloud import eventually
from tests.local.sagemaker.workshop import Json, Workshop, archive, unique

# It writes each request down when it comes; one with a path is answered when somebody has written into that pipe.
RECORDING = """
import os

def model_fn(model_dir):
    return os.environ["SEEN"]

def predict_fn(data, model):
    with open(model, "a") as file:
        file.write(data + "\\n")
    if os.environ.get("BROKEN"):
        raise ValueError("the shadow is broken")
    if data.startswith("/") and os.environ.get("WAITS"):
        open(data).read()
    return {"answer": os.path.basename(model)}
"""


def _model(workshop: Workshop, seen: Path, **environment: str) -> str:
    url = workshop.put(f"models/{unique('model')}/model.tar.gz", archive(code__inference_py=RECORDING))
    name, given = unique("model"), {"SEEN": str(seen), **environment}
    container = {"Image": "image", "ModelDataUrl": url, "Environment": given}
    workshop.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=workshop.role())
    return name


def _variant(name: str, model: str, weight: float = 1) -> Json:
    size = {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    return {"VariantName": name, "ModelName": model, "InitialVariantWeight": weight, **size}


def _endpoint(workshop: Workshop, production: Json, shadow: Json) -> str:
    name = unique("config")
    workshop.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[production], ShadowProductionVariants=[shadow]
    )
    return workshop.endpoint(name)


def _seen(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def should_copy_requests_to_the_shadow_after_they_are_answered(workshop: Workshop, tmp_path: Path) -> None:
    production, shadow, gate = tmp_path / "production", tmp_path / "shadow", tmp_path / "gate"
    os.mkfifo(gate)
    endpoint = _endpoint(
        workshop,
        _variant("main", _model(workshop, production, WAITS="yes")),
        _variant("challenger", _model(workshop, shadow)),
    )
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(workshop.invoke, endpoint, str(gate))
        with gate.open("w"):  # opens as soon as the production variant reads
            assert _seen(production) == [str(gate)] and not _seen(shadow)
        assert pending.result() == ({"answer": "production"}, "main")
    assert eventually(lambda: _seen(shadow)) == [str(gate)]
    found = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert [v["VariantName"] for v in found["ProductionVariants"]] == ["main"]
    assert [(v["VariantName"], v["CurrentInstanceCount"]) for v in found["ShadowProductionVariants"]] == [
        ("challenger", 1)
    ]


def should_neither_wait_for_the_shadow_nor_show_its_errors(workshop: Workshop, tmp_path: Path) -> None:
    production, shadow, gate = tmp_path / "production", tmp_path / "shadow", tmp_path / "gate"
    os.mkfifo(gate)
    endpoint = _endpoint(
        workshop,
        _variant("main", _model(workshop, production)),
        _variant("challenger", _model(workshop, shadow, WAITS="yes")),
    )
    assert workshop.invoke(endpoint, str(gate))[0] == {"answer": "production"}
    with gate.open("w"):  # opens once the shadow works on its copy: the answer is long there
        assert _seen(shadow) == [str(gate)]
    broken = _endpoint(
        workshop,
        _variant("main", _model(workshop, production)),
        _variant("challenger", _model(workshop, tmp_path / "broken", BROKEN="yes")),
    )
    for text in ("one", "two"):
        assert workshop.invoke(broken, text) == ({"answer": "production"}, "main")
    assert sorted(
        eventually(lambda: _seen(tmp_path / "broken")[:2] if len(_seen(tmp_path / "broken")) > 1 else [])
    ) == [
        "one",
        "two",
    ]


def should_never_answer_from_the_shadow(workshop: Workshop, tmp_path: Path) -> None:
    production, shadow = tmp_path / "production", tmp_path / "shadow"
    endpoint = _endpoint(
        workshop, _variant("main", _model(workshop, production)), _variant("off", _model(workshop, shadow), 0)
    )
    with pytest.raises(ClientError, match="Variant off of endpoint"):
        workshop.invoke(endpoint, "x", TargetVariant="off")
    assert {workshop.invoke(endpoint, str(n))[0]["answer"] for n in range(10)} == {"production"}
    desired = [{"VariantName": "off", "DesiredWeight": 1.0}]
    workshop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=desired
    )  # fmt: skip
    workshop.settled(endpoint)
    workshop.invoke(endpoint, "copied")
    assert eventually(lambda: _seen(shadow)) == ["copied"]  # and none of the ten while its weight was 0


def should_count_copies_under_the_shadows_name(hurried: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(
        hurried,
        _variant("main", _model(hurried, tmp_path / "production")),
        _variant("challenger", _model(hurried, tmp_path / "shadow", BROKEN="yes")),
    )
    hurried.invoke(endpoint, "one")
    cloudwatch, now = hurried.cloud.client("cloudwatch"), dt.datetime.now(dt.UTC)

    def total(variant: str, metric: str) -> float | None:
        dimensions = {"EndpointName": endpoint, "VariantName": variant}
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - dt.timedelta(hours=1),
            EndTime=now + dt.timedelta(hours=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in found) if found else None

    assert eventually(lambda: total("challenger", "Invocation5XXErrors")) == 1.0
    assert eventually(lambda: total("main", "Invocations")) == 1.0
    assert total("main", "Invocation5XXErrors") == 0.0


def should_sample_by_the_shadows_weight_relative_to_the_production_variants() -> None:
    class Instance:
        busy = 0

        def is_alive(self) -> bool:
            return True

    class Variant:
        def __init__(self, name: str, weight: float) -> None:
            self.name, self.weight, self.instances = name, weight, [Instance()]

    def copied(production: float, shadow: float) -> int:
        variants: Any = ([Variant("main", production)], [Variant("challenger", shadow)])
        fleet = Fleet({}, *variants)
        return sum(fleet.pick_shadow(lambda n=n: n / 1000) is not None for n in range(1000))  # type: ignore[misc]

    assert (copied(1, 0.2), copied(5, 1), copied(1, 1), copied(1, 3), copied(1, 0)) == (200, 200, 1000, 1000, 0)


def should_drop_copies_that_a_slow_shadow_does_not_come_to(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    taken = 0

    def acquire_shadow() -> tuple[None, None]:
        nonlocal taken
        taken += 1
        return None, None

    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    async def mirrored() -> None:
        endpoint: Any = SimpleNamespace(name="slow", router=SimpleNamespace(acquire_shadow=acquire_shadow))
        for _ in range(shadow.MOST_IN_FLIGHT + 3):
            shadow.mirror(endpoint, {}, b"x", 60.0)

    monkeypatch.setattr("local.sagemaker.invocations.answer", never)
    asyncio.run(mirrored())
    assert taken == shadow.MOST_IN_FLIGHT
    assert caplog.text.count("a copy for the shadow of slow was dropped") == 3


def should_refuse_a_shadow_that_aws_refuses(workshop: Workshop, tmp_path: Path) -> None:
    model = _model(workshop, tmp_path / "none")

    def create(production: list[Json], shadows: list[Json]) -> None:
        workshop.sagemaker.create_endpoint_config(
            EndpointConfigName=unique("config"), ProductionVariants=production, ShadowProductionVariants=shadows
        )

    with pytest.raises(ClientError, match="exactly one production variant and one shadow variant, not 2 and 1"):
        create([_variant("a", model), _variant("b", model)], [_variant("c", model)])
    with pytest.raises(ClientError, match="exactly one production variant and one shadow variant, not 1 and 2"):
        create([_variant("a", model)], [_variant("b", model), _variant("c", model)])
    with pytest.raises(ClientError, match="names must be unique: a, a"):
        create([_variant("a", model)], [_variant("a", model)])
    pipeline, container = unique("model"), {"Image": "image", "ModelDataUrl": "s3://nowhere/model.tar.gz"}
    workshop.sagemaker.create_model(
        ModelName=pipeline, Containers=[container, container], ExecutionRoleArn=workshop.role()
    )  # fmt: skip
    with pytest.raises(ClientError, match="a shadow variant with inference pipelines"):
        create([_variant("a", pipeline)], [_variant("b", model)])
    with pytest.raises(ClientError, match="Could not find model"):
        create([_variant("a", model)], [_variant("b", "missing")])


def should_update_the_shadow_with_the_endpoint(workshop: Workshop, tmp_path: Path) -> None:
    role_model = _model(workshop, tmp_path / "production")
    endpoint = _endpoint(
        workshop, _variant("main", role_model), _variant("challenger", _model(workshop, tmp_path / "old"))
    )  # fmt: skip
    green = unique("config")
    workshop.sagemaker.create_endpoint_config(
        EndpointConfigName=green,
        ProductionVariants=[_variant("main", role_model)],
        ShadowProductionVariants=[_variant("challenger", _model(workshop, tmp_path / "new"))],
    )
    workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)
    assert workshop.settled(endpoint)["EndpointConfigName"] == green
    workshop.invoke(endpoint, "after")
    assert eventually(lambda: _seen(tmp_path / "new")) == ["after"] and not _seen(tmp_path / "old")
    assert _seen(tmp_path / "production") == ["after"]
