"""The images of one model's jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stacks.values.image_repository import ImageRepository


@dataclass(frozen=True, kw_only=True)
class JobImages:
    """`candidates`: candidate -> the image that trains it, and that serves it."""

    processing: ImageRepository
    evaluation: ImageRepository
    candidates: Mapping[str, ImageRepository]

    def every(self) -> list[ImageRepository]:
        """All of them, each once."""
        return list(dict.fromkeys([self.processing, self.evaluation, *self.candidates.values()]))
