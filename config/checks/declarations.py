"""What models declare of their API (`api.yaml`), which the front door checks requests and answers against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.checks.rule import Violation, rule
from config.declaration import FILE, LARGEST, Bytes, Declaration, declared_models, load_declaration
from config.errors import ConfigurationError
from config.schema import Platform

ROOT = Path(__file__).parents[2]


def served_models(platform: Platform) -> dict[str, str]:
    """Models of this file that an endpoint serves, with their folders."""
    names = {name for endpoint in platform.endpoints.values() for name in declared_models(endpoint)}
    return {name: model.code for name, model in platform.models.items() if name in names}


@rule("API-MISSING", "an endpoint's model says what it takes and answers.", "docs/front-door.md")
def models_declare_their_api(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, code in served_models(platform).items():
        if not (ROOT / code / FILE).is_file():
            fix = f"add {code}/{FILE}; start from model_code/reviews/{FILE}."
            yield Violation(f"models.{name}.code", code, fix)


@rule("API-DECLARATION", "the model's declaration of its API is wrong.", "docs/front-door.md")
def declarations_of_apis_are_valid(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, code in served_models(platform).items():
        for mistake in _mistakes(ROOT / code):
            yield Violation(f"models.{name}.code", code, mistake)


def _mistakes(folder: Path) -> list[str]:
    """What is wrong in the folder's declaration, as one sentence each with its own rule and fix."""
    if not (folder / FILE).is_file():
        return []
    try:
        load_declaration(folder)
    except ConfigurationError as error:
        return [finding.line(error.file.relative_to(ROOT)) for finding in error.findings]
    return []


@rule("API-SAME", "all variants of an endpoint take and answer the same.", "docs/front-door.md")
def variants_declare_the_same_api(platform: Platform, file: Path) -> Iterator[Violation]:
    codes = served_models(platform)
    for name, endpoint in platform.endpoints.items():
        first, *others = [model for model in declared_models(endpoint) if model in codes] or [""]
        for other in others:
            if _api(ROOT / codes[first]) != _api(ROOT / codes[other]):
                fix = f"declare in {codes[other]}/{FILE} what {codes[first]}/{FILE} does, or give it its own endpoint."
                yield Violation(f"endpoints.{name}.variants", other, fix)


@rule("API-MAX-BYTES", "an endpoint's mode takes what its model's declaration lets through.", "API reference: BodyBlob")
def bodies_fit_the_mode_of_the_endpoint(platform: Platform, file: Path) -> Iterator[Violation]:
    codes = served_models(platform)
    for name, endpoint in platform.endpoints.items():
        most = LARGEST[endpoint.mode]
        for code in [codes[model] for model in declared_models(endpoint) if model in codes]:
            for media, size in _sizes(ROOT / code):
                if size > most:
                    fix = f"set requests.{media}.max_bytes to at most {most} in {code}/{FILE}; it is {size}."
                    yield Violation(f"endpoints.{name}", endpoint.mode, fix)


def _sizes(folder: Path) -> list[tuple[str, int]]:
    try:
        requests = load_declaration(folder).requests
    except ConfigurationError:
        return []
    return [(media, its.max_bytes) for media, its in requests.items() if isinstance(its, Bytes)]


def _api(folder: Path) -> object:
    """What callers see of a declaration; None where it cannot be read, which another rule says."""
    try:
        found: Declaration = load_declaration(folder)
    except ConfigurationError:
        return None
    return found.requests, found.prediction
