"""What the built-in algorithms read: which channels, in which formats and modes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.catalogue.algorithms import Algorithm
from config.checks.candidates import Trained, algorithms, channels, input_mode
from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Channel, Platform

FORMATS = "SageMaker developer guide: common data formats for training"
COMMON = "SageMaker developer guide: common information about built-in algorithms"
PLATFORMS = ("code", "model")
LABELS = {None: "the first column is the label", "0": "no column is a label", "1": "the first column is the label"}


def _read(platform: Platform) -> Iterator[tuple[Trained, Algorithm, str, str, Channel]]:
    """Every channel of an algorithm, the platform's own aside."""
    for each, facts in algorithms(platform):
        for path, name, channel in channels(each):
            if name not in PLATFORMS:
                yield each, facts, path, name, channel


def _type(content_type: str) -> str:
    return content_type.partition(";")[0].strip()


def _labels(content_type: str) -> str | None:
    """The value of `label_size`; None when it is not given."""
    parameters = (part.strip().partition("=") for part in content_type.split(";")[1:])
    return next((value for name, _, value in parameters if name == "label_size"), None)


@rule("CHANNEL-REQUIRED", "the algorithm does not start without this channel.", COMMON)
def required_channels_are_there(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        given = {facts.channels.aliases.get(name, name) for name in each.its.channels}
        for name in facts.channels.required:
            if name not in given:
                fix = f"add `channels: {{{name}: ...}}`; it reads {', '.join(facts.channels.known)}."
                yield Violation(f"{each.path}.channels.{name}", None, fix)


@rule("CHANNEL-KNOWN", "the algorithm does not read this channel.", COMMON)
def channels_are_read(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, facts, path, name, channel in _read(platform):
        if name not in facts.channels.known:
            fix = f"{nearest(name, facts.channels.known)}It reads {', '.join(facts.channels.known)}."
            yield Violation(path, channel.source, fix)


@rule("CHANNEL-IMAGES", "single images need the channel that lists or annotates them.", COMMON)
def lists_come_with_images(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        train = each.its.channels.get("train")
        kind = _type(train.content_type) if train and train.content_type else ""
        if kind.startswith("image/") or kind == "application/x-image":
            missing = [name for name in facts.channels.with_images if name not in each.its.channels]
            for name in missing:
                fix = f"add the channel `{name}`, or give RecordIO: `content_type: application/x-recordio`."
                yield Violation(f"{each.path}.channels.{name}", None, fix)


@rule("CONTENT-NEEDED", "without a content type the algorithm takes the data for another format, or fails.", FORMATS)
def channels_say_what_they_hold(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, facts, path, name, channel in _read(platform):
        if channel.content_type is None and facts.content.get(name):
            yield Violation(f"{path}.content_type", None, f"write one of: {', '.join(facts.content[name])}.")


@rule("CONTENT-TYPE", "the algorithm does not read this format in this channel.", FORMATS)
def formats_are_read(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, facts, path, name, channel in _read(platform):
        accepted = facts.content.get(name, [])
        if channel.content_type and accepted and _type(channel.content_type) not in map(_type, accepted):
            yield Violation(f"{path}.content_type", channel.content_type, f"use one of: {', '.join(accepted)}.")


@rule("LABEL-POSITION", "the algorithm would take the wrong columns for labels.", FORMATS)
def labels_stand_where_they_are_looked_for(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, facts, path, name, channel in _read(platform):
        given = channel.content_type or ""
        alike = [each for each in facts.content.get(name, []) if _type(each) == _type(given)]
        if alike and _labels(given) not in map(_labels, alike):
            meaning = LABELS[_labels(alike[0])]
            yield Violation(f"{path}.content_type", given, f"write {alike[0]}: {meaning}.")


@rule("INPUT-MODE", "the algorithm does not read its data this way.", COMMON)
def input_modes_are_supported(platform: Platform, file: Path) -> Iterator[Violation]:
    found: dict[str, Violation] = {}
    for each, facts, path, _, channel in _read(platform):
        mode = input_mode(each, channel)
        if mode not in facts.modes:
            # Channels without a mode of their own have the candidate's: one finding for all.
            where = f"{path if channel.input_mode else each.path}.input_mode"
            found[where] = Violation(where, mode, f"use {' or '.join(facts.modes)}.")
    yield from found.values()


@rule("PIPE-CONTENT", "in Pipe mode the algorithm reads fewer formats.", COMMON)
def pipes_carry_what_can_be_read(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts, path, _, channel in _read(platform):
        able, given = facts.pipe_content, channel.content_type
        if able is not None and given and input_mode(each, channel) == "Pipe" and _type(given) not in able:
            yield Violation(f"{path}.content_type", given, f"use one of: {', '.join(able)}; or `input_mode: File`.")


@rule("DISTRIBUTION-ALGORITHM", "the algorithm needs its data the other way.", COMMON)
def data_are_distributed_as_needed(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, facts, path, name, channel in _read(platform):
        needed = facts.distribution.get(name)
        if needed and channel.file_system is None and channel.distribution != needed:
            yield Violation(f"{path}.distribution", channel.distribution, f"write `distribution: {needed}`.")
