"""Callers in a closed loop: each asks an endpoint again as soon as it was answered."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.end_to_end.hosting.hosted import Hosted

# Long against what a request takes besides: of the requests that a caller has open, the model works on nearly all.
SECONDS = 0.25


@dataclass
class Answers:
    """What callers were answered so far."""

    good: list[dict[str, Any]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@contextmanager
def calling(hosted: Hosted, endpoint: str, variants: Sequence[str]) -> Iterator[Answers]:
    """A caller of each of these variants, for the time of the block; one named twice has two."""
    answers, ended = Answers(), threading.Event()

    def call(variant: str) -> None:
        while not ended.is_set():
            try:
                answers.good.append(hosted.invoke(endpoint, uuid.uuid4().hex, target=variant, seconds=SECONDS))
            except ClientError as error:
                answers.failed.append(str(error))

    with ThreadPoolExecutor(len(variants)) as pool:
        calls = [pool.submit(call, variant) for variant in variants]
        try:
            yield answers
        finally:
            ended.set()
    for each in calls:
        each.result()
