"""What the environment tells the function, as typed values checked once at start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from front_door import strict_json

SET_BY_TEMPLATE = ("ENDPOINTS", "LOG_LEVEL")
SET_BY_RUNTIME = ("AWS_REGION", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")
VARIABLES = SET_BY_TEMPLATE + SET_BY_RUNTIME
"""Every variable read here; the credentials are botocore's business."""

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# botocore's shape EndpointName of sagemaker-runtime; the name becomes part of a path, so nothing else may pass.
SAGEMAKER_NAME = re.compile(r"(?!.{64})[a-zA-Z0-9](-*[a-zA-Z0-9])*")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsError(Exception):
    """The environment is wrong: names the variable, its value and the fix."""

    def __init__(self, variable: str, problem: str, fix: str) -> None:
        super().__init__(f"{variable} {problem}. {fix}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's settings."""

    endpoints: Mapping[str, str]
    """Public endpoint name to SageMaker endpoint name."""
    region: str
    runtime_url: str
    """SageMaker runtime's URL, without a trailing slash."""
    ca_bundle: str | None
    """PEM file of the authorities to trust; None for the system's own."""
    log_level: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check VARIABLES; an empty variable counts as not set. Raises SettingsError."""
        region = environ.get("AWS_REGION")
        if not region:
            raise SettingsError("AWS_REGION", "is not set", "The Lambda runtime sets it; outside Lambda set it.")
        return cls(
            endpoints=_endpoints(environ.get("ENDPOINTS", "")),
            region=region,
            runtime_url=_runtime_url(environ, region),
            ca_bundle=_ca_bundle(environ.get("AWS_CA_BUNDLE", "")),
            log_level=_log_level(environ.get("LOG_LEVEL", "")),
        )


def _endpoints(value: str) -> Mapping[str, str]:
    fix = 'Set a JSON object of public name to SageMaker endpoint name, e.g. {"reviews": "ashlar-dev-reviews"}.'
    try:
        endpoints = strict_json.loads(value.encode())
    except strict_json.InvalidJsonError as error:
        raise SettingsError("ENDPOINTS", f"is {value!r}, which is not JSON ({error})", fix) from None
    if not isinstance(endpoints, dict) or not endpoints:
        raise SettingsError("ENDPOINTS", f"is {value!r}, which is not an object with at least one member", fix)
    for public, hosted in endpoints.items():
        if not public or not isinstance(hosted, str) or not SAGEMAKER_NAME.fullmatch(hosted):
            raise SettingsError("ENDPOINTS", f"maps {public!r} to {hosted!r}, not a SageMaker endpoint name", fix)
    return endpoints


def _runtime_url(environ: Mapping[str, str], region: str) -> str:
    """Where SageMaker's runtime answers: botocore's own variables, in botocore's order, or AWS."""
    for variable in ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_ENDPOINT_URL"):
        if url := environ.get(variable):
            parts = urlsplit(url)
            # A signed request without TLS shows its session token, so it may not leave the machine.
            if not parts.hostname or not (
                parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
            ):
                raise SettingsError(variable, f"is {url!r}", "Set an https:// URL; http:// only for loopback.")
            return url.rstrip("/")
    return f"https://runtime.sagemaker.{region}.amazonaws.com"


def _ca_bundle(value: str) -> str | None:
    if value and not Path(value).is_file():
        raise SettingsError("AWS_CA_BUNDLE", f"is {value!r}, which is not a file", "Set a PEM file, or remove it.")
    return value or None


def _log_level(value: str) -> str:
    if value and value not in LOG_LEVELS:
        raise SettingsError("LOG_LEVEL", f"is {value!r}", f"Set one of {', '.join(LOG_LEVELS)}, or remove it.")
    return value or "INFO"
