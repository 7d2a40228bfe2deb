"""The environment is checked once at start, and what is wrong is named."""

from pathlib import Path

import pytest
from front_door.settings import SET_BY_RUNTIME, SET_BY_TEMPLATE, VARIABLES, Settings, SettingsError

from .door import environment, started

GOOD = {"ENDPOINTS": '{"reviews": "ashlar-dev-reviews"}', "AWS_REGION": "eu-west-1"}


def should_read_the_least_environment_as_the_real_service() -> None:
    assert Settings.from_environment(GOOD) == Settings(
        endpoints={"reviews": "ashlar-dev-reviews"},
        region="eu-west-1",
        runtime_url="https://runtime.sagemaker.eu-west-1.amazonaws.com",
        ca_bundle=None,
        log_level="INFO",
    )


def should_prefer_the_services_own_url_and_take_the_ca_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    urls = {"AWS_ENDPOINT_URL": "https://all", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": "https://one:4566/"}

    found = Settings.from_environment(GOOD | urls | {"AWS_CA_BUNDLE": str(bundle), "LOG_LEVEL": "ERROR"})

    assert (found.runtime_url, found.ca_bundle, found.log_level) == ("https://one:4566", str(bundle), "ERROR")
    assert Settings.from_environment(GOOD | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).runtime_url.startswith("http:")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENDPOINTS", ""),
        ("ENDPOINTS", "reviews"),
        ("ENDPOINTS", "[]"),
        ("ENDPOINTS", "{}"),
        ("ENDPOINTS", '{"": "a"}'),
        ("ENDPOINTS", '{"reviews": 5}'),
        ("ENDPOINTS", '{"reviews": "a/../b"}'),
        ("ENDPOINTS", '{"reviews": "%s"}' % ("a" * 64)),
        ("AWS_REGION", ""),
        ("LOG_LEVEL", "info"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL", "http://example.com"),
        ("AWS_ENDPOINT_URL", "ftp://127.0.0.1"),
        ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "https://"),
        ("AWS_CA_BUNDLE", "/no/such/file.pem"),
    ],
)
def should_name_the_variable_that_is_wrong(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable} .*\. \w"):
        Settings.from_environment(GOOD | {variable: value})


@pytest.mark.parametrize("variable", ["ENDPOINTS", "AWS_ACCESS_KEY_ID"])
def should_fail_at_start_and_not_at_the_first_request(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = environment("http://127.0.0.1:1") | {variable: ""}

    with pytest.raises(SettingsError, match=variable), started(environ):
        pass


def should_list_every_variable_it_reads() -> None:
    read: set[str] = set()

    class Watched(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            read.add(name)
            return super().get(name, default)

    Settings.from_environment(Watched(GOOD))

    assert read == set(VARIABLES) == {*SET_BY_TEMPLATE, *SET_BY_RUNTIME}
