"""Roles for people ask for a second factor: the operator's tools give it, once, and say what is missing without it."""

from __future__ import annotations

import datetime
import sys
from typing import Any

import pytest

from config import Platform, load_environment
from ops import __main__ as commands
from ops import main_job, second_factor
from ops.second_factor import SecondFactor
from ops.session import Environment, OpsError
from tests.local import stacks
from tests.local.cloud import LocalCloud
from tests.ops.conftest import OfTheLocalCloud, refused

DEVICE = "arn:aws:iam::111122223333:mfa/person"
LATER = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
CREDENTIALS = {"AccessKeyId": "key", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": LATER}


class Roles:
    """An STS that lets in everybody, or answers with an error. `asked`: what each AssumeRole was given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[dict[str, str]] = []
        self._error = error

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333"}

    def assume_role(self, **role: str) -> dict[str, Any]:
        self.asked.append(role)
        if self._error:
            raise self._error
        return {"Credentials": CREDENTIALS}


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> Roles:
    found = Roles()
    monkeypatch.setattr(Environment, "client", lambda self, service, region=None: found)
    return found


def with_mfa(platform: Platform, *, required: bool) -> Platform:
    identity = platform.identity.model_copy(update={"require_mfa": required})
    return platform.model_copy(update={"identity": identity})


DEV = load_environment("dev")


def should_give_the_code_to_roles_for_people_only(roles: Roles) -> None:
    environment = Environment(DEV, second_factor=SecondFactor(DEVICE, "123456"))
    environment.assume("uploader", "upload")
    environment.refreshed_credentials("caller", "api").get_frozen_credentials()
    assert roles.asked == [
        {"RoleArn": "uploader", "RoleSessionName": "upload", "SerialNumber": DEVICE, "TokenCode": "123456"},
        {"RoleArn": "caller", "RoleSessionName": "api"},
    ]


def should_ask_for_the_code_where_none_was_given(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return " 654321 "

    monkeypatch.setattr(second_factor, "getpass", answer)
    Environment(DEV, second_factor=SecondFactor(DEVICE)).assume("custodian", "empty")
    assert roles.asked[0]["TokenCode"] == "654321"
    assert prompts == [f"Code of {DEVICE}: "]


def should_not_ask_where_the_environment_requires_none(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_factor, "getpass", lambda prompt: pytest.fail("asked"))
    Environment(with_mfa(DEV, required=False), second_factor=SecondFactor(DEVICE)).assume("uploader", "upload")
    assert roles.asked == [{"RoleArn": "uploader", "RoleSessionName": "upload"}]


def should_say_how_to_give_the_code_where_nobody_can_be_asked(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(second_factor, "getpass", nobody)
    with pytest.raises(OpsError, match="give it by --mfa-token"):
        Environment(DEV, second_factor=SecondFactor(DEVICE)).assume("uploader", "upload")
    assert roles.asked == []


@pytest.mark.parametrize("required", [True, False])
def should_say_what_a_role_asks_for_when_it_is_refused(monkeypatch: pytest.MonkeyPatch, required: bool) -> None:
    sts = Roles(refused("AccessDenied", "not authorized to perform: sts:AssumeRole"))
    monkeypatch.setattr(Environment, "client", lambda self, service, region=None: sts)
    environment = Environment(with_mfa(DEV, required=required))
    with pytest.raises(
        OpsError, match=r"^arn:uploader cannot be assumed: not authorized .* policies must allow"
    ) as said:
        environment.assume("arn:uploader", "upload")
    assert ("--mfa-serial or ASHLAR_MFA_SERIAL" in str(said.value)) == required
    assert ("IAM Identity Center" in str(said.value)) == required


@pytest.mark.parametrize("command", [["upload", "reviews", "--data", "r.csv"], ["run", "reviews", "--data"], ["empty"]])
@pytest.mark.parametrize("given", [["--mfa-serial", DEVICE], []])
def should_take_the_device_from_an_option_or_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, command: list[str], given: list[str]
) -> None:
    taken: list[SecondFactor | None] = []

    def environment(name: str, found: SecondFactor | None = None) -> Any:
        taken.append(found)
        raise OpsError("far enough")

    (tmp_path / "r.csv").write_text("Title,Review Text,Rating\na,nice,5\n")
    data = [str(tmp_path / "r.csv")] if command[-1] == "--data" else []
    monkeypatch.setattr(main_job if command[0] == "run" else commands, "open_environment", environment)
    if not given:
        monkeypatch.setenv(second_factor.VARIABLE, DEVICE)
    monkeypatch.setattr(sys, "argv", ["ops", *command, *data, *given, "--mfa-token", "123456"])
    assert commands.main() == 1
    assert taken == [SecondFactor(DEVICE, "123456")]


def should_refuse_a_code_without_a_device(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv(second_factor.VARIABLE, raising=False)
    monkeypatch.setattr(sys, "argv", ["ops", "empty", "--mfa-token", "123456"])
    assert commands.main() == 1
    assert "name it by --mfa-serial" in capsys.readouterr().err


def should_be_let_in_by_a_role_that_asks_for_it(cloud: LocalCloud) -> None:
    iam, name = cloud.client("iam"), "ops-with-mfa"
    user = iam.create_user(UserName=name)["User"]
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole", "Condition": mfa}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=stacks.document(trust))["Role"]["Arn"]
    allowed = stacks.document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=allowed)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    credentials = iam.create_access_key(UserName=name)["AccessKey"]
    local = with_mfa(load_environment("local"), required=True)
    with pytest.raises(OpsError, match=r"cannot be assumed: .*--mfa-serial"):
        OfTheLocalCloud(local, cloud, credentials).assume(role, "without")
    proof = SecondFactor(device, "123456")
    session = OfTheLocalCloud(local, cloud, credentials, second_factor=proof).assume(role, "with")
    taken = session.get_credentials()
    keys = {"AccessKeyId": taken.access_key, "SecretAccessKey": taken.secret_key, "SessionToken": taken.token}
    assert f"assumed-role/{name}/with" in cloud.client("sts", keys).get_caller_identity()["Arn"]
