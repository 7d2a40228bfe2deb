"""From a YAML file to a checked `Platform`, or a `ConfigurationError` with every finding."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from config.checks import check
from config.errors import ConfigurationError, Finding
from config.nearest import nearest
from config.reading import read
from config.schema import Platform
from config.wording import finding

ENVIRONMENTS = Path(__file__).parent / "environments"


def environment_names() -> list[str]:
    """The environments that have a file, sorted."""
    return sorted(path.stem for path in ENVIRONMENTS.glob("*.yaml"))


def load_environment(name: str) -> Platform:
    """The settings of one environment by its name; an unknown name lists the known ones."""
    known = environment_names()
    if name not in known:
        ways = "`--environment NAME`, or `make ... ENV=NAME`, or `cdk ... -c env=NAME`"
        fix = f"{nearest(name, known)}use one of: {', '.join(known)} ({ways})."
        unknown = Finding("environment", name, "ENVIRONMENT", "there is no such environment.", fix)
        raise ConfigurationError(ENVIRONMENTS / f"{name}.yaml", [unknown])
    return load(ENVIRONMENTS / f"{name}.yaml")


def load_all() -> dict[str, Platform]:
    """Every environment by its name, sorted."""
    return {name: load_environment(name) for name in environment_names()}


def load(file: Path) -> Platform:
    """Read, validate and check one file."""
    raw = read(file)
    try:
        platform = Platform.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(file, [finding(each) for each in error.errors()]) from None
    findings = list(check(platform, file))
    if findings:
        raise ConfigurationError(file, findings)
    return platform
