"""Channels that are folders of a file system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.checks.candidates import CHANNELS, Trained, candidates, channels, input_mode
from config.checks.rule import DEVELOPMENT, Violation, rule
from config.schema import Channel, FileSystem, Platform

SYSTEMS = "SageMaker developer guide: access training data, file systems"


def _mounted(platform: Platform) -> Iterator[tuple[Trained, str, Channel, FileSystem]]:
    for each in candidates(platform):
        for path, _, channel in channels(each):
            if channel.file_system:
                yield each, path, channel, channel.file_system


@rule(
    "FILE-SYSTEM-VPC", "a file system is reached inside its own VPC, and the one that is made here has none.", SYSTEMS
)
def file_systems_lie_in_the_vpc(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, system in _mounted(platform):
        if platform.network.existing is None:
            fix = "name the file system's VPC in `network.existing`, or copy the data to S3."
            yield Violation(f"{path}.file_system.id", system.id, fix)


@rule("FILE-SYSTEM-MODE", "a file system is mounted: there is no pipe and no stream from S3.", CHANNELS)
def file_systems_are_files(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, path, channel, _ in _mounted(platform):
        mode = input_mode(each, channel)
        if mode != "File":
            yield Violation(f"{path}.input_mode", mode, "write `input_mode: File` in this channel.")


@rule("FILE-SYSTEM-S3", "only S3 sources have this: a file system is mounted whole, as it is.", CHANNELS)
def file_systems_have_nothing_of_s3(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, channel, _ in _mounted(platform):
        for name in ("compression", "distribution", "shuffle_seed"):
            if name in channel.model_fields_set:
                yield Violation(f"{path}.{name}", getattr(channel, name), "remove it.")


@rule(
    "FILE-SYSTEM-WRITE",
    "outside local and dev a training job may not change the data that others are trained on.",
    "IAM best practices: least privilege",
)
def training_data_are_read_only(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, system in _mounted(platform):
        if system.access == "rw" and platform.environment not in DEVELOPMENT:
            yield Violation(f"{path}.file_system.access", "rw", "write `access: ro`.")


@rule("FILE-SYSTEM-MOUNT", "a Lustre folder begins with the mount name, which is not the root.", SYSTEMS)
def lustre_folders_begin_with_the_mount_name(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, system in _mounted(platform):
        if system.type == "FSxLustre" and not system.path.strip("/"):
            fix = "write /<mount name>/<folder>, as `aws fsx describe-file-systems` says."
            yield Violation(f"{path}.file_system.path", system.path, fix)
