"""What a built-in algorithm needs of the pipeline around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import algorithms
from config.checks.rule import Violation, rule
from config.schema import Platform


@rule(
    "ALGORITHM-IMAGE",
    "AWS publishes no image of it in this region: JumpStart finds one when it makes a job.",
    "config/catalogue/algorithm_images.yaml",
)
def algorithms_have_an_image(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, _ in algorithms(platform):
        name = str(each.its.algorithm)
        if catalogue.algorithm_image(name, platform.region) is None:
            fix = "copy that image to a repository of this account, and name it by `own_image` instead."
            yield Violation(f"{each.path}.algorithm", name, fix)


@rule(
    "ALGORITHM-EVALUATION",
    "its artifact holds no inference code to ask: the evaluation would fail when the training is paid for already.",
    "docs/pipeline.md: built-in algorithms",
)
def algorithms_are_evaluated(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, _ in algorithms(platform):
        if not each.model.evaluation.scores_algorithms:
            fix = (
                "train by a script, such as one of XGBoost's own; or write an evaluation that reads this artifact by "
                f"itself, and `scores_algorithms: true` in models.{each.model_name}.evaluation."
            )
            yield Violation(f"{each.path}.algorithm", each.its.algorithm, fix)
