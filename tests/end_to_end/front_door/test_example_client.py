"""docs/examples in the other modes: tokens and keys, by the client and by curl; and jobs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from types import ModuleType
from typing import Any

import boto3
import pytest
import urllib3

from tests.conftest import ROOT
from tests.docs.conftest import load
from tests.end_to_end.front_door.configuration import QUEUED
from tests.end_to_end.front_door.conftest import door_of
from tests.end_to_end.front_door.place import Place
from tests.local.cloud import REGION
from tests.local.stacks import credentials_of

REVIEWS = [{"text": "Lovely dress"}, {"text": "Fits well"}]


@pytest.fixture(scope="module")
def example() -> ModuleType:
    return load()


@pytest.fixture
def http(front_door: Place) -> urllib3.PoolManager:
    return urllib3.PoolManager(ca_certs=front_door.cloud.certificate_authority, retries=False)


def should_do_a_job(front_door: Place, example: ModuleType, http: urllib3.PoolManager) -> None:
    url = door_of(front_door).url
    given = credentials_of(front_door.cloud, front_door.outputs()["CallerRoleTeam"])
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=REGION)
    client = example.Client(url, example.signed(session), http)
    small = json.dumps({"instances": REVIEWS}).encode()
    large = json.dumps({"instances": REVIEWS, "padding": "x" * 5_000_000}).encode()
    jobs = [client.start_job(QUEUED, body, "application/json", key=f"{len(body)} bytes") for body in (small, large)]
    for job in jobs:
        assert len(json.loads(client.result(job, seconds=60))["predictions"]) == len(REVIEWS)
    assert client.start_job(QUEUED, small, "application/json", key=f"{len(small)} bytes") == jobs[0]


def should_take_a_token(front_door: Place, example: ModuleType, http: urllib3.PoolManager) -> None:
    url = door_of(front_door, auth="cognito").url
    authorize = example.bearer(http, f"{front_door.cloud.url}/oauth2/token", *_secret(front_door))
    assert len(example.Client(url, authorize, http).predict("reviews", REVIEWS)["predictions"]) == 2
    id, secret = _secret(front_door)
    told = {"TOKEN_URL": f"{front_door.cloud.url}/oauth2/token", "CLIENT_ID": id, "CLIENT_SECRET": secret}
    assert _curl(front_door, "TOKEN=", API=url, **told)


def should_send_a_key(front_door: Place, example: ModuleType, http: urllib3.PoolManager) -> None:
    url = door_of(front_door, auth="api_key").url
    key = front_door.cloud.client("apigateway").get_api_key(
        apiKey=front_door.outputs()["ApiKeyIdTeam"], includeValue=True
    )
    client = example.Client(url, example.api_key(key["value"]), http)
    assert len(client.predict("reviews", REVIEWS)["predictions"]) == 2
    assert _curl(front_door, "x-api-key", API=url, KEY=key["value"])


def _secret(front_door: Place) -> tuple[str, str]:
    outputs = front_door.outputs()
    named = {"UserPoolId": outputs["UserPoolId"], "ClientId": outputs["ClientIdTeam"]}
    described = front_door.cloud.client("cognito-idp").describe_user_pool_client(**named)
    return outputs["ClientIdTeam"], described["UserPoolClient"]["ClientSecret"]


def _curl(front_door: Place, part: str, **environment: str) -> Any:
    """The predictions that the commands of the page which have this part print."""
    if not shutil.which("curl"):
        pytest.skip("there is no curl on this machine")
    page = (ROOT / "docs/examples/curl.md").read_text("utf-8")
    (commands,) = [block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if part in block]
    known = {"PATH": os.environ["PATH"], "CURL_CA_BUNDLE": front_door.cloud.certificate_authority, **environment}
    done = subprocess.run(["/bin/sh", "-ec", commands], env=known, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert "predictions" in document, document
    return document["predictions"]
