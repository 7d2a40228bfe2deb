"""Drives of a job's machine: how large they are, and whose key encrypts them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.machines import machines
from config.checks.rule import Violation, rule
from config.schema import Machine, Platform


@rule(
    "VOLUME-NVME",
    "such machines have drives of a fixed size: no volume is attached.",
    "SageMaker API: ResourceConfig, VolumeSizeInGB",
)
def volumes_are_asked_for_where_there_are_any(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, machine in machines(platform):
        given = isinstance(machine, Machine) and "volume_gb" in machine.model_fields_set
        if given and catalogue.encrypts_its_drives(machine.instance_type):
            fix = f"remove it, or use a family without drives of its own instead of {machine.instance_type}."
            yield Violation(f"{path}.volume_gb", getattr(machine, "volume_gb", None), fix)


@rule(
    "KMS-NVME",
    "SageMaker takes no key for drives of such a machine: its hardware encrypts them, `keys.data` does not.",
    "SageMaker API: ResourceConfig, VolumeKmsKeyId",
)
def keys_of_ones_own_encrypt_what_they_should(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, machine in machines(platform):
        bare = catalogue.encrypts_its_drives(machine.instance_type)
        if bare and platform.keys.data and machine.hardware_encryption is None:
            fix = "use a family without drives of its own, such as m5 or p3, or write `hardware_encryption: accepted`."
            yield Violation(f"{path}.instance_type", machine.instance_type, fix)


@rule("KMS-NVME-UNUSED", "this machine has no drives of its own: its volume takes the key.", "docs/models.md")
def hardware_encryption_is_accepted_where_it_is(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, machine in machines(platform):
        if machine.hardware_encryption and not catalogue.encrypts_its_drives(machine.instance_type):
            yield Violation(f"{path}.hardware_encryption", "accepted", "remove it.")
