"""The environment is checked once at start, and what is wrong is named."""

from pathlib import Path

import pytest
from front_door.settings import SET_BY_RUNTIME, SET_BY_TEMPLATE, VARIABLES, Credentials, Settings, SettingsError

from .door import CREDENTIALS, DECLARED, environment, started

GOOD = {"AWS_REGION": "eu-west-1", **CREDENTIALS}


def should_read_the_least_environment_as_the_real_services() -> None:
    found = Settings.from_environment(GOOD)

    assert found == Settings(
        region="eu-west-1",
        credentials=Credentials(*CREDENTIALS.values()),
        urls={},
        ca_bundle=None,
        log_level="INFO",
        metrics_namespace=None,
        api_keys={},
        jobs_bucket=None,
    )
    assert found.url("sagemaker-runtime") == "https://runtime.sagemaker.eu-west-1.amazonaws.com"
    assert found.url("sagemaker") == "https://api.sagemaker.eu-west-1.amazonaws.com"
    assert found.url("s3") == "https://s3.eu-west-1.amazonaws.com"
    china = Settings.from_environment(GOOD | {"AWS_REGION": "cn-north-1"})
    assert china.url("sagemaker-runtime") == "https://runtime.sagemaker.cn-north-1.amazonaws.com.cn"


def should_take_what_the_template_sets() -> None:
    variables = {
        "API_KEYS": '{"a1": "applications"}',
        "JOBS_BUCKET": "ashlar-dev-data",
        "LOG_LEVEL": "ERROR",
        "METRICS_NAMESPACE": "ashlar-dev",
    }
    assert set(variables) == set(SET_BY_TEMPLATE)

    found = Settings.from_environment(GOOD | variables)

    assert found.api_keys == {"a1": "applications"}
    assert (found.jobs_bucket, found.log_level, found.metrics_namespace) == ("ashlar-dev-data", "ERROR", "ashlar-dev")


def should_prefer_a_services_own_url_and_take_the_ca_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    urls = {"AWS_ENDPOINT_URL": "https://all", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": "https://one:4566/"}

    found = Settings.from_environment(GOOD | urls | {"AWS_CA_BUNDLE": str(bundle)})

    assert found.url("sagemaker-runtime") == "https://one:4566"
    assert found.url("s3") == found.url("sagemaker") == "https://all"
    assert found.ca_bundle == str(bundle)
    assert Settings.from_environment(GOOD | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).url("s3").startswith("http:")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_REGION", ""),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("API_KEYS", "a1"),
        ("API_KEYS", "[]"),
        ("API_KEYS", '{"a1": 5}'),
        ("LOG_LEVEL", "info"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL", "http://example.com"),
        ("AWS_ENDPOINT_URL", "ftp://127.0.0.1"),
        ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "https://"),
        ("AWS_ENDPOINT_URL_S3", "s3"),
        ("AWS_CA_BUNDLE", "/no/such/file.pem"),
    ],
)
def should_name_the_variable_that_is_wrong(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable} .*\. \w"):
        Settings.from_environment(GOOD | {variable: value})


def should_fail_at_start_and_not_at_the_first_request() -> None:
    environ = environment("http://127.0.0.1:1") | {"AWS_ACCESS_KEY_ID": ""}

    with pytest.raises(SettingsError, match="AWS_ACCESS_KEY_ID"), started(environ):
        pass


@pytest.mark.parametrize("missing", sorted(DECLARED))
def should_not_start_with_half_of_what_it_must_be_told(missing: str) -> None:
    told = {name: value for name, value in DECLARED.items() if name != missing}

    with pytest.raises(KeyError, match=missing), started(environment("http://127.0.0.1:1"), told):
        pass


def should_list_every_variable_it_reads() -> None:
    read: set[str] = set()

    class Watched(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            read.add(name)
            return super().get(name, default)

    Settings.from_environment(Watched(GOOD))

    assert read == set(VARIABLES) == {*SET_BY_TEMPLATE, *SET_BY_RUNTIME}
