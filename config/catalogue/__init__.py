"""Facts of the field as data (YAML beside this file), each with its source. No rules here: config/checks has those."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from config.catalogue.algorithms import Algorithm
from config.catalogue.training import Training

_HERE = Path(__file__).parent
Use = Literal["processing", "training", "hosting", "transform"]


class Image(BaseModel):
    """One image that AWS publishes in every region."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    repository: str
    tag: str
    framework: str
    version: str
    gpu: bool
    patched_until: datetime.date


class Retired(BaseModel):
    """An image that gets no more patches, and what to use instead."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    patched_until: datetime.date
    instead: str


class Images(BaseModel):
    """The images, and the account that owns them in each region. `reviewed`: when their dates were last looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reviewed: datetime.date
    images: dict[str, Image]
    retired: dict[str, Retired]
    accounts: dict[str, str]

    def uri(self, name: str, region: str) -> str:
        """The image's address. KeyError for an image or region that is not in the catalogue."""
        image = self.images[name]
        return f"{self.accounts[region]}.dkr.ecr.{region}.amazonaws.com/{image.repository}:{image.tag}"


class InstanceFamilies(BaseModel):
    """What a family name implies, and for each use the sizes that each family is offered in."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    local_nvme: frozenset[str]
    burstable: frozenset[str]
    processing: dict[str, list[str]]
    training: dict[str, list[str]]
    hosting: dict[str, list[str]]
    transform: dict[str, list[str]]
    gpu: frozenset[str]
    one_gpu: frozenset[str]

    def offered(self, use: Use) -> list[str]:
        """Every instance type for one use, such as ml.m5.large."""
        families: dict[str, list[str]] = getattr(self, use)
        return [f"ml.{name}.{size}" for name, sizes in families.items() for size in sizes]


class Endpoints(BaseModel):
    """Interface endpoints: construct id -> service, and region -> services that lack one there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    services: dict[str, str]
    missing: dict[str, list[str]]


class Hosting(BaseModel):
    """Limits of endpoints. `unguarded`: instance families without guarded roll-outs and shadows."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    longest_rollout_seconds: int
    rollback_alarms: int
    serverless_memory_mb: list[int]
    unguarded: frozenset[str]
    reserved_variables: list[str]
    reserved_beginnings: list[str]


@cache
def images() -> Images:
    """config/catalogue/images.yaml."""
    return Images.model_validate(yaml.safe_load((_HERE / "images.yaml").read_text("utf-8")))


@cache
def instance_families() -> InstanceFamilies:
    """config/catalogue/instance_families.yaml."""
    return InstanceFamilies.model_validate(yaml.safe_load((_HERE / "instance_families.yaml").read_text("utf-8")))


@cache
def endpoints() -> Endpoints:
    """config/catalogue/endpoints.yaml."""
    return Endpoints.model_validate(yaml.safe_load((_HERE / "endpoints.yaml").read_text("utf-8")))


@cache
def hosting() -> Hosting:
    """config/catalogue/hosting.yaml."""
    return Hosting.model_validate(yaml.safe_load((_HERE / "hosting.yaml").read_text("utf-8")))


@cache
def algorithms() -> dict[str, Algorithm]:
    """config/catalogue/algorithms.yaml: name -> facts. Read when a candidate names an algorithm, for it is long."""
    raw = yaml.safe_load((_HERE / "algorithms.yaml").read_text("utf-8"))
    return {name: Algorithm.model_validate(facts) for name, facts in raw.items()}


class AlgorithmImages(BaseModel):
    """The accounts that own the images of some built-in algorithms, by region."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    algorithms: list[str]
    accounts: dict[str, str]


@cache
def algorithm_images() -> list[AlgorithmImages]:
    """config/catalogue/algorithm_images.yaml. Read when a candidate names an algorithm."""
    raw = yaml.safe_load((_HERE / "algorithm_images.yaml").read_text("utf-8"))
    return [AlgorithmImages.model_validate(each) for each in raw]


def algorithm_image(name: str, region: str) -> str | None:
    """The image's address; None for an algorithm, or a region, that AWS publishes none for."""
    if name in images().images:
        return images().uri(name, region)
    owner = next((its.accounts.get(region) for its in algorithm_images() if name in its.algorithms), None)
    return f"{owner}.dkr.ecr.{region}.amazonaws.com/{name}:1" if owner else None


@cache
def training() -> Training:
    """config/catalogue/training.yaml."""
    return Training.model_validate(yaml.safe_load((_HERE / "training.yaml").read_text("utf-8")))


@cache
def s3_prefix_lists() -> dict[str, str]:
    """config/catalogue/s3_prefix_lists.yaml: region -> id of the list of S3's addresses."""
    lists: dict[str, str] = yaml.safe_load((_HERE / "s3_prefix_lists.yaml").read_text("utf-8"))
    return lists


def regions() -> list[str]:
    """The regions that the platform can be deployed to: every catalogue knows them, and no service is missing."""
    reachable = {region for region, lacking in endpoints().missing.items() if not lacking}
    return sorted(reachable & set(images().accounts) & set(s3_prefix_lists()))


def knows(region: str) -> bool:
    """Whether any catalogue lists the region, usable or not."""
    return region in {*images().accounts, *endpoints().missing, *s3_prefix_lists()}


def family(instance_type: str) -> str:
    """`ml.m5.large` -> `m5`."""
    return instance_type.split(".")[1]


def has_gpus(instance_type: str) -> bool:
    """Whether it is a machine with NVIDIA's GPUs."""
    return family(instance_type) in instance_families().gpu


def has_several_gpus(instance_type: str) -> bool:
    """Whether it has more than one."""
    return has_gpus(instance_type) and instance_type not in instance_families().one_gpu


def encrypts_its_drives(instance_type: str) -> bool:
    """Whether the hardware does: SageMaker refuses a key for the volumes of such a machine."""
    return family(instance_type) in instance_families().local_nvme
