"""The operator's tools reach the account of the configuration and no other."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import load_environment
from ops import session
from ops.empty import DATA_BUCKETS, LOG_BUCKETS
from ops.endpoint import parameter_name
from ops.pipeline import MANIFEST_PARAMETER
from ops.session import Environment, OpsError
from ops.upload import READY_MARKER
from stacks import pipeline_definition
from stacks.constructs import pipeline_starter


class Sts:
    def __init__(self, account: str) -> None:
        self.account = account

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account}


def should_refuse_credentials_of_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environment, "client", lambda self, service, region=None: Sts("999999999999"))
    with pytest.raises(OpsError, match="of account 999999999999; the environment's account is 111122223333"):
        Environment(load_environment("dev"))


def should_drop_the_callers_credentials_where_the_environment_names_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "local/.state/aws").mkdir(parents=True)
    config = tmp_path / "local/.state/aws/config"
    config.write_text("[profile local]\n")
    monkeypatch.setattr(session, "ROOT", tmp_path)
    monkeypatch.setattr(
        os,
        "environ",
        {
            "AWS_ACCESS_KEY_ID": "real",
            "AWS_PROFILE": "production",
            "HOME": "/h",
            "https_proxy": "http://p",
            "ALL_PROXY": "p",
        },
    )
    session._use_client_configuration(load_environment("local"))
    assert os.environ == {
        "HOME": "/h",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PROFILE": "local",
    }


def should_drop_proxies_also_where_the_profile_is_set_already(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"AWS_PROFILE": "local", "AWS_CONFIG_FILE": "/state/aws/config"}
    monkeypatch.setattr(os, "environ", {**kept, "HTTP_PROXY": "http://p", "no_proxy": "x"})
    session._use_client_configuration(load_environment("local"))
    assert os.environ == kept


def should_keep_proxies_where_the_environment_has_no_configuration_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"HTTPS_PROXY": "http://p", "AWS_PROFILE": "work"})
    session._use_client_configuration(load_environment("dev"))
    assert os.environ == {"HTTPS_PROXY": "http://p", "AWS_PROFILE": "work"}


def should_take_credentials_again_before_they_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    class Roles(Sts):
        def assume_role(self, **role: str) -> dict[str, Any]:
            taken.append(role["RoleArn"])
            lasts = datetime.timedelta(minutes=5 if len(taken) == 1 else 60)
            return {
                "Credentials": {
                    "AccessKeyId": f"key-{len(taken)}",
                    "SecretAccessKey": "s",
                    "SessionToken": "t",
                    "Expiration": datetime.datetime.now(datetime.UTC) + lasts,
                }
            }

    monkeypatch.setattr(Environment, "client", lambda self, service, region=None: Roles("111122223333"))
    credentials = Environment(load_environment("dev")).refreshed_credentials("role", "api")
    assert [credentials.get_frozen_credentials().access_key for _ in range(3)] == ["key-1", "key-2", "key-2"]


def should_write_command_lines_that_reach_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "a config"
    config.write_text("[profile local]\n")
    monkeypatch.setattr(Environment, "_check_account", lambda self: None)
    dev = Environment(load_environment("dev"))
    assert dev.aws_cli("sts", "get-caller-identity") == "aws sts get-caller-identity --region eu-west-1"
    assert dev.command("status") == ".venv/bin/python -m ops status --env dev"
    monkeypatch.setattr(os, "environ", {"AWS_PROFILE": "local", "AWS_CONFIG_FILE": str(config)})
    local = Environment(load_environment("local"))
    assert local.aws_cli("s3", "ls").startswith(f"AWS_CONFIG_FILE='{config}' AWS_PROFILE=local aws s3 ls")
    assert local.command("status") == ".venv/bin/python -m ops status"


def should_say_how_to_start_an_environment_that_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "ROOT", tmp_path)
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(OpsError, match="make deploy ENV=local"):
        session._use_client_configuration(load_environment("local"))


def should_know_the_names_that_the_stacks_give(templates: Callable[[str], dict[str, Any]]) -> None:
    assert READY_MARKER == pipeline_starter.READY_MARKER
    assert MANIFEST_PARAMETER == pipeline_definition.MANIFEST_PARAMETER
    declared = set(templates("dev")["inference-reviews"]["Parameters"])
    variants = load_environment("dev").endpoints["reviews"].variants
    assert {parameter_name(variant) for variant in variants} == declared
    outputs = {name: set(template.get("Outputs", {})) for name, template in templates("dev").items()}
    assert {*DATA_BUCKETS, "UploaderRole", "CustodianRole"} <= outputs["data"]
    assert set(LOG_BUCKETS) <= outputs["audit"]
    assert {"ApiId", "ApiStage", "CallerRole"} <= outputs["front-door"]
