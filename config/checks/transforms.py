"""Batch transform: how files are cut into requests, and what is kept of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.rule import Violation, rule
from config.schema import Platform, Transform

DATA = "SageMaker developer guide: associate prediction results with input records"
API = "SageMaker API: CreateTransformJob"
_NAME = r"'[^'.\]]+'"
_NUMBERS = r"-?\d+(,-?\d+)*"
_SLICE = r"-?\d*:-?\d*"
PATH = re.compile(rf"\$(\.[A-Za-z_][\w-]*|\.\*|\.?\[({_NAME}(,{_NAME})*|{_NUMBERS}|{_SLICE}|\*)\])*")
BINARY = ("RecordIO", "TFRecord")


def _transforms(platform: Platform) -> Iterator[tuple[str, Transform]]:
    for name, model in platform.models.items():
        if model.transform:
            yield f"models.{name}.transform", model.transform


@rule("TRANSFORM-PAYLOAD", "requests at once together hold at most 100 MB on an instance.", API)
def payloads_fit(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().transform_payload_mb
    for path, transform in _transforms(platform):
        if transform.max_payload_mb * transform.max_concurrent > most:
            fix = f"use at most {most // transform.max_payload_mb}, or a smaller `max_payload_mb`."
            yield Violation(f"{path}.max_concurrent", transform.max_concurrent, fix)


@rule("TRANSFORM-BATCH", "without a split a whole file is one record: there are no more to put together.", API)
def batches_are_of_records(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, transform in _transforms(platform):
        if transform.strategy == "MultiRecord" and transform.split == "None":
            yield Violation(f"{path}.strategy", "MultiRecord", "write `strategy: SingleRecord`, or `split: Line`.")


@rule("TRANSFORM-BINARY", "only JSON and CSV can be joined and filtered, not binary records.", DATA)
def binary_records_are_left_whole(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, transform in _transforms(platform):
        defaults = {"join": "None", "input_filter": "$", "output_filter": "$"}
        for name, default in defaults.items():
            if transform.split in BINARY and getattr(transform, name) != default:
                yield Violation(f"{path}.{name}", getattr(transform, name), "remove it, or write `split: Line`.")


@rule("TRANSFORM-PATH", "SageMaker knows a part of JSONPath: names, lists of names or numbers, one slice.", DATA)
def filters_are_paths(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, transform in _transforms(platform):
        for name in ("input_filter", "output_filter"):
            if not PATH.fullmatch(getattr(transform, name)):
                fix = "write it like $.text, $['id','SageMakerOutput'], $[0,3] or $[1:]."
                yield Violation(f"{path}.{name}", getattr(transform, name), fix)


@rule("TRANSFORM-JOINED", "without a join there is no such member: the output is the prediction alone.", DATA)
def filters_find_what_they_name(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, transform in _transforms(platform):
        if transform.join == "None" and "SageMakerOutput" in transform.output_filter:
            yield Violation(f"{path}.output_filter", transform.output_filter, "write `join: Input`, or `$`.")
