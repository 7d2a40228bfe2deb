"""What one container of a hosted model is made of."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.values.image_repository import ImageRepository


@dataclass(frozen=True, kw_only=True)
class ContainerSource:
    """A package that releases choose from `group`, one fixed `package` (its ARN), or an `image`.

    Packages are versions of `model`; its archives lie below the model's prefix. `artifact` is the key of an image's.
    """

    model: str | None = None
    group: str | None = None
    package: str | None = None
    image: ImageRepository | None = None
    artifact: str | None = None
