"""What the environment tells the function, as typed values checked once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from front_door import strict_json

SET_BY_TEMPLATE = ("API_KEYS", "JOBS_BUCKET", "LOG_LEVEL", "METRICS_NAMESPACE")
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
# Service -> the variable that botocore's clients take its URL from, before AWS_ENDPOINT_URL.
URLS = {
    "sagemaker-runtime": "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
    "sagemaker": "AWS_ENDPOINT_URL_SAGEMAKER",
    "s3": "AWS_ENDPOINT_URL_S3",
}
HOSTS = {"sagemaker-runtime": "runtime.sagemaker", "sagemaker": "api.sagemaker", "s3": "s3"}
SET_BY_RUNTIME = ("AWS_REGION", *CREDENTIALS, *URLS.values(), "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")
VARIABLES = SET_BY_TEMPLATE + SET_BY_RUNTIME
"""Every variable read here."""

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsError(Exception):
    """The environment is wrong: names the variable, its value and the fix."""

    def __init__(self, variable: str, problem: str, fix: str) -> None:
        super().__init__(f"{variable} {problem}. {fix}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The role's, as botocore's signers want them. Read once: Lambda replaces the process, never its credentials."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's settings."""

    region: str
    credentials: Credentials
    urls: Mapping[str, str]
    """Service -> its URL, without a trailing slash; a service that is not in it is AWS's own."""
    ca_bundle: str | None
    """PEM file of the authorities to trust; None for the system's own."""
    log_level: str
    metrics_namespace: str | None
    """CloudWatch's; None: no metrics are written."""
    api_keys: Mapping[str, str]
    """Id of an API key -> client."""
    jobs_bucket: str | None
    """Where asynchronous endpoints' requests and answers lie; None where there is no such endpoint."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check VARIABLES; an empty variable counts as not set. Raises SettingsError."""
        region = _given(environ, "AWS_REGION")
        return cls(
            region=region,
            credentials=_credentials(environ),
            urls=_urls(environ),
            ca_bundle=_ca_bundle(environ.get("AWS_CA_BUNDLE", "")),
            log_level=_log_level(environ.get("LOG_LEVEL", "")),
            metrics_namespace=environ.get("METRICS_NAMESPACE") or None,
            api_keys=_api_keys(environ.get("API_KEYS", "")),
            jobs_bucket=environ.get("JOBS_BUCKET") or None,
        )

    def url(self, service: str) -> str:
        """Where `sagemaker-runtime`, `sagemaker` or `s3` answers."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return self.urls.get(service) or f"https://{HOSTS[service]}.{self.region}.{suffix}"


def _given(environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable)
    if not value:
        raise SettingsError(variable, "is not set", "The Lambda runtime sets it; outside Lambda set it.")
    return value


def _credentials(environ: Mapping[str, str]) -> Credentials:
    access_key, secret_key, token = CREDENTIALS
    return Credentials(_given(environ, access_key), _given(environ, secret_key), environ.get(token) or None)


def _urls(environ: Mapping[str, str]) -> Mapping[str, str]:
    """botocore's own variables, in botocore's order."""
    everywhere = _url(environ, "AWS_ENDPOINT_URL")
    found = {service: _url(environ, variable) or everywhere for service, variable in URLS.items()}
    return {service: url for service, url in found.items() if url}


def _url(environ: Mapping[str, str], variable: str) -> str | None:
    url = environ.get(variable)
    if not url:
        return None
    parts = urlsplit(url)
    # A signed request without TLS shows its session token, so it may not leave the machine.
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise SettingsError(variable, f"is {url!r}", "Set an https:// URL; http:// only for loopback.")
    return url.rstrip("/")


def _api_keys(value: str) -> Mapping[str, str]:
    fix = 'Set a JSON object of API key id to client, e.g. {"a1b2c3": "applications"}.'
    try:
        keys = strict_json.loads(value.encode()) if value else {}
    except strict_json.InvalidJsonError as error:
        raise SettingsError("API_KEYS", f"is {value!r}, which is not JSON ({error})", fix) from None
    if not isinstance(keys, dict) or not all(isinstance(client, str) for client in keys.values()):
        raise SettingsError("API_KEYS", f"is {value!r}, which is not an object of texts", fix)
    return keys


def _ca_bundle(value: str) -> str | None:
    if value and not Path(value).is_file():
        raise SettingsError("AWS_CA_BUNDLE", f"is {value!r}, which is not a file", "Set a PEM file, or remove it.")
    return value or None


def _log_level(value: str) -> str:
    if value and value not in LOG_LEVELS:
        raise SettingsError("LOG_LEVEL", f"is {value!r}", f"Set one of {', '.join(LOG_LEVELS)}, or remove it.")
    return value or "INFO"
