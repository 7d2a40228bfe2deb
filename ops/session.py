"""The operator's AWS session for one environment, and what its stacks say about themselves."""

from __future__ import annotations

import os
import shlex
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from config import Platform
from ops.absence import is_absent
from ops.second_factor import VARIABLE, SecondFactor

ROOT = Path(__file__).parent.parent


class OpsError(Exception):
    """What an operator can mend: what was found, and what to do."""


class Environment:
    """One deployed environment. Raises OpsError when the credentials are not of its account.

    `second_factor` goes with the roles of people. Only who looks at the account first does without `check_account`.
    """

    def __init__(
        self, platform: Platform, *, second_factor: SecondFactor | None = None, check_account: bool = True
    ) -> None:
        self.platform = platform
        self._second_factor = second_factor
        _use_client_configuration(platform)
        self.session = boto3.Session(region_name=platform.region)
        if check_account:
            self._check_account()

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the operator's own credentials, in the environment's region or another one."""
        return self.session.client(service, region_name=region)

    def assume(self, role_arn: str, name: str) -> boto3.Session:
        """A session of one of the roles for people, with their second factor where those ask for one."""
        credentials = self._take(role_arn, name, self._proof())
        return boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=self.platform.region,
        )

    def refreshed_credentials(self, role_arn: str, name: str) -> DeferredRefreshableCredentials:
        """Credentials of an application's role that are taken again before they expire, for long work.

        An application has no second factor, and nobody could be asked for one in the middle of it.
        """

        def take() -> dict[str, str]:
            taken = self._take(role_arn, name, {})
            return {
                "access_key": taken["AccessKeyId"],
                "secret_key": taken["SecretAccessKey"],
                "token": taken["SessionToken"],
                "expiry_time": taken["Expiration"].isoformat(),
            }

        return DeferredRefreshableCredentials(take, "assume-role")

    def _proof(self) -> dict[str, str]:
        if not (self._second_factor and self.platform.identity.require_mfa):
            return {}
        try:
            return self._second_factor.parameters()
        except EOFError:
            raise OpsError("There is nobody to ask for the code of the MFA device: give it by --mfa-token.") from None

    def _take(self, role_arn: str, name: str, proof: dict[str, str]) -> dict[str, Any]:
        """The credentials of a role. Raises OpsError that says what it asks for when it is refused."""
        try:
            taken = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name, **proof)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            raise OpsError(_refused(role_arn, error, second_factor=self.platform.identity.require_mfa)) from None
        credentials: dict[str, Any] = taken["Credentials"]
        return credentials

    def command(self, *arguments: str) -> str:
        """The command line of these tools for this environment, to be typed by the operator."""
        name = self.platform.environment
        return shlex.join([".venv/bin/python", "-m", "ops", *arguments, *([] if name == "local" else ["--env", name])])

    def aws_cli(self, *arguments: str) -> str:
        """The AWS CLI's command line for this environment, to be typed by the operator."""
        command = shlex.join(["aws", *arguments, "--region", self.platform.region])
        client = self.platform.client
        if client is None:
            return command
        file = os.environ.get("AWS_CONFIG_FILE", client.aws_config_file)
        return f"AWS_CONFIG_FILE={shlex.quote(file)} AWS_PROFILE={client.profile} {command}"

    def stack(self, *name: str) -> dict[str, Any]:
        """DescribeStacks of one of the environment's stacks."""
        full = self.platform.name(*name)
        try:
            described: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=full)["Stacks"][0]
        except ClientError as error:
            if is_absent(error):
                raise OpsError(
                    f"The stack {full} does not exist. Deploy it: make deploy ENV={self.platform.environment}"
                ) from None
            raise
        return described

    def outputs(self, *name: str) -> dict[str, str]:
        """The outputs of a stack."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(*name).get("Outputs", [])}

    @cached_property
    def api_url(self) -> str:
        """The API's base URL, without a trailing slash.

        A profile may reach the API another way than its public address (`ashlar_api_url`, with {api_id} and {stage}).
        """
        outputs, domain = self.outputs("front-door"), self.platform.front_door.domain
        public = f"https://{{api_id}}.execute-api.{self.platform.region}.amazonaws.com/{{stage}}"
        template = self._profile("ashlar_api_url") or (f"https://{domain.name}" if domain else public)
        return template.format(api_id=outputs["ApiId"], stage=outputs["ApiStage"])

    @property
    def token_url(self) -> str:
        """Where the user pool gives tokens; a profile may reach it another way (`ashlar_token_url`)."""
        return self._profile("ashlar_token_url") or self.outputs("front-door")["TokenUrl"]

    def _profile(self, key: str) -> str | None:
        value: str | None = self.session._session.get_scoped_config().get(key)
        return value

    def _check_account(self) -> None:
        """Never work on another account than the configuration's by a forgotten profile."""
        wanted, client = self.platform.account, self.platform.client
        try:
            found = self.client("sts").get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            fix = f"Start it: make deploy ENV={self.platform.environment}" if client else sign_in(wanted)
            raise OpsError(
                f"AWS cannot be reached for environment {self.platform.environment}: {error}. {fix}"
            ) from None
        if found != wanted:
            raise OpsError(
                f"The credentials are of account {found}; the environment's account is {wanted}. {sign_in(wanted)}"
            )


def sign_in(account: str) -> str:
    """The mend where credentials are missing, expired or of another account."""
    return f"Sign in to account {account} (AWS_PROFILE, aws sso login)."


def _refused(role_arn: str, error: ClientError, *, second_factor: bool) -> str:
    said = f"{role_arn} cannot be assumed: {error.response['Error'].get('Message', error)}."
    allow = "Your own policies must allow sts:AssumeRole on it"
    if not second_factor:
        return f"{said} {allow}."
    return (
        f"{said} {allow}, and it may ask for a second factor (identity.require_mfa): as an IAM user, name your device "
        f"by --mfa-serial or {VARIABLE}, and the code is asked for. Sessions of IAM Identity Center or of "
        "another role carry no second factor (docs/data.md)."
    )


def _use_client_configuration(platform: Platform) -> None:
    """An environment that names its own AWS configuration file uses it and nothing else of the caller's."""
    client = platform.client
    if client is None:
        return
    # A proxy of the caller's cannot reach it, and must not see its requests.
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[variable]
    if os.environ.get("AWS_PROFILE") == client.profile:
        return
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[variable]
    file = ROOT / client.aws_config_file
    if not file.exists():
        raise OpsError(
            f"{file} does not exist: environment {platform.environment} is not running. "
            f"Start it: make deploy ENV={platform.environment}"
        )
    os.environ |= {
        "AWS_CONFIG_FILE": str(file),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PROFILE": client.profile,
    }
