"""Channels: where a training job's data come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import CHANNELS, candidates, channels, input_mode
from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Platform

OUTPUTS = ("train", "validation", "test", "report")
S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[^?#*]*))?")
REGION = re.compile(r"(?:^|[.-])((?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9])(?:$|[.-])")


@rule("CHANNEL-SOURCE", "a channel has one source: an output of processing, an S3 prefix or a file system.", CHANNELS)
def channels_have_one_source(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for path, _, channel in channels(each):
            if (channel.source is None) == (channel.file_system is None):
                yield Violation(path, channel.source, "give `from` or `file_system`.")
            elif channel.source and channel.source not in OUTPUTS and not S3.fullmatch(channel.source):
                guess = nearest(channel.source, OUTPUTS)
                fix = f"{guess}write one of {', '.join(OUTPUTS)}, or s3://<bucket>/<prefix>."
                yield Violation(f"{path}.from", channel.source, fix)


@rule(
    "TEST-LEAK",
    "the gate measures on the test split: a model that saw it would pass for the wrong reason.",
    "stacks/pipeline_definition/definition.py",
)
def candidates_do_not_see_the_test_split(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for path, _, channel in channels(each):
            if channel.source == "test":
                yield Violation(f"{path}.from", "test", "use `train` or `validation`.")


@rule(
    "CHANNEL-BUCKET",
    "the jobs' role and the S3 endpoint let no job read this bucket.",
    "VPC PrivateLink guide: endpoint policies",
)
def channels_read_buckets_that_jobs_may(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, source, bucket in _foreign(platform):
        if bucket not in platform.network.s3_read_buckets:
            yield Violation(path, source, f"add {bucket} to `network.s3_read_buckets`.")


@rule("CHANNEL-REGION", "a job reads buckets of its own region only, and this one's name says another.", CHANNELS)
def channels_read_buckets_of_this_region(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, source, bucket in _foreign(platform):
        named = REGION.search(bucket)
        if named and named[1] != platform.region:
            yield Violation(path, source, f"copy the data to a bucket in {platform.region}, and name that.")


def _foreign(platform: Platform) -> Iterator[tuple[str, str, str]]:
    for each in candidates(platform):
        for path, _, channel in channels(each):
            match = S3.fullmatch(channel.source or "")
            if channel.source and match:
                yield f"{path}.from", channel.source, match["bucket"]


@rule("CHANNEL-RESERVED", "the platform fills this channel itself.", "stacks/pipeline_definition")
def channels_are_the_users(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        ours = {"code": each.its.entry_point is not None, "model": each.its.incremental}
        for path, name, channel in channels(each):
            if ours.get(name):
                yield Violation(path, channel.source, "choose another name, or remove it.")


@rule("CHANNEL-COUNT", "a training job has at most 20 channels, the platform's own included.", CHANNELS)
def channels_are_few_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        count = len(each.its.channels) + (each.its.entry_point is not None) + each.its.incremental
        if count > catalogue.training().channels:
            yield Violation(f"{each.path}.channels", count, f"give at most {catalogue.training().channels}.")


@rule("SHARDED-ONE", "with one instance there is nothing to share out.", "SageMaker API: S3DataSource")
def data_are_shared_among_several(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in ((each, each.algorithm) for each in candidates(platform)):
        for path, name, channel in channels(each):
            asked = facts is not None and facts.distribution.get(name) == "ShardedByS3Key"
            if channel.distribution == "ShardedByS3Key" and each.its.instances == 1 and not asked:
                fix = "write `distribution: FullyReplicated`, or more `instances`."
                yield Violation(f"{path}.distribution", channel.distribution, fix)


@rule("SHUFFLE-USED", "only a pipe, or shares for several instances, have an order: files have none.", CHANNELS)
def what_has_an_order_is_shuffled(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for path, _, channel in channels(each):
            shared = channel.distribution == "ShardedByS3Key" and each.its.instances > 1
            if channel.shuffle_seed is not None and input_mode(each, channel) != "Pipe" and not shared:
                fix = "remove it, and shuffle in the script."
                yield Violation(f"{path}.shuffle_seed", channel.shuffle_seed, fix)


@rule("COMPRESSION-PIPE", "only Pipe mode unpacks: elsewhere the container gets the compressed files.", CHANNELS)
def only_pipes_unpack(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for path, _, channel in channels(each):
            if channel.compression != "None" and input_mode(each, channel) != "Pipe":
                yield Violation(f"{path}.compression", channel.compression, "remove it, and unpack in the script.")


@rule(
    "PIPE-SCRIPT",
    "a script reads files, and in Pipe mode there are none: it would wait for them until it is stopped.",
    "SageMaker developer guide: access training data, Pipe mode",
)
def scripts_read_files(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        if each.its.entry_point is None:
            continue
        if each.its.input_mode == "Pipe":
            yield Violation(f"{each.path}.input_mode", "Pipe", "use File or FastFile.")
        for path, _, channel in channels(each):
            if channel.input_mode == "Pipe":
                yield Violation(f"{path}.input_mode", "Pipe", "use File or FastFile.")
