"""Jobs are isolated: nothing inside of them reaches the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import ROOT, candidates
from config.checks.rule import Violation, rule
from config.schema import Platform

ISOLATION = "SageMaker developer guide: run training and inference containers in internet-free mode"
ADDRESS = re.compile(r"(s3|https?|ftp)://", re.IGNORECASE)
REPOSITORY = re.compile(r"[^/]+/(?P<name>[^@:]+)")


@rule("ISOLATION-URI", "an isolated job cannot fetch anything: the address would time out.", ISOLATION)
def arguments_name_nothing_to_fetch(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, model in platform.models.items():
        places = {f"models.{name}.processing.arguments": model.processing.arguments}
        for candidate, settings in model.candidates.items():
            places[f"models.{name}.candidates.{candidate}.hyperparameters"] = settings.hyperparameters
        for path, arguments in places.items():
            for key, value in arguments.items():
                if isinstance(value, str) and ADDRESS.match(value):
                    fix = "give the data as a channel, or the file in the model's folder."
                    yield Violation(f"{path}.{key}", value, fix)


@rule("ISOLATION-REQUIREMENTS", "an isolated job cannot install packages: pip would time out.", ISOLATION)
def nothing_is_installed_in_a_job(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, model in platform.models.items():
        if (ROOT / model.code / "requirements.txt").is_file():
            fix = f"remove {model.code}/requirements.txt, and put the packages into an image of your own (`own_image`)."
            yield Violation(f"models.{name}.code", model.code, fix)


@rule("ISOLATION-IMAGE", "containers of this framework do not run without the network.", ISOLATION)
def images_run_without_the_network(platform: Platform, file: Path) -> Iterator[Violation]:
    needing = tuple(catalogue.training().needs_network)
    for each in candidates(platform):
        match = REPOSITORY.match(each.its.own_image or "")
        if match and match["name"].startswith(needing):
            yield Violation(f"{each.path}.own_image", each.its.own_image, "use an image of another framework.")
