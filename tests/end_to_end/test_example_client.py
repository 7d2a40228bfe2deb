"""docs/examples/client.py and the commands of docs/examples/curl.md against the deployed platform."""

from __future__ import annotations

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
from tests.docs.conftest import FILE, load
from tests.end_to_end.conftest import Ashlar
from tests.local.cloud import REGION
from tests.local.stacks import credentials_of

ANGRY = "Scratchy and thin, a seam ripped and I returned it the same day. A waste of money, very disappointed."


@pytest.fixture(scope="module")
def example() -> ModuleType:
    return load()


@pytest.fixture
def session(ashlar: Ashlar) -> boto3.Session:
    """Of the caller role."""
    given = credentials_of(ashlar.cloud, ashlar.outputs("front-door")["CallerRole"])
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return boto3.Session(*keys, region_name=REGION)


@pytest.fixture
def url(ashlar: Ashlar) -> str:
    outputs = ashlar.outputs("front-door")
    return f"{ashlar.cloud.url}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


@pytest.fixture
def client(ashlar: Ashlar, example: ModuleType, session: boto3.Session, url: str) -> Any:
    http = urllib3.PoolManager(ca_certs=ashlar.cloud.certificate_authority, retries=False)
    return example.Client(url, example.signed(session), http)


def should_predict_by_the_example(client: Any) -> None:
    (endpoint,) = client.endpoints()
    assert (endpoint["name"], endpoint["status"]) == ("reviews", "in-service")
    reviews = [{"text": "I love this dress, so comfortable and soft."}, {"text": ANGRY}]
    answer = client.predict("reviews", reviews)
    assert [prediction["label"] for prediction in answer["predictions"]] == [1, -1]
    assert answer["variant"] in {variant["name"] for variant in endpoint["variants"]}


def should_raise_what_the_api_refuses(client: Any, example: ModuleType) -> None:
    with pytest.raises(example.ProblemError) as raised:
        client.predict("reviews", [{"title": "no text"}])
    assert (raised.value.status, raised.value.name) == (400, "invalid-body")
    assert raised.value.pointer and raised.value.request_id
    with pytest.raises(example.ProblemError) as raised:
        client.start_job("reviews", b"{}", "application/json")
    assert (raised.value.status, raised.value.name) == (409, "not-asynchronous")


def should_run_as_a_program(ashlar: Ashlar, session: boto3.Session, url: str) -> None:
    done = subprocess.run(
        [str(ROOT / ".venv/bin/python"), str(FILE), url, "reviews", "Lovely, soft and comfortable, I love it."],
        env=environment(ashlar, session, url),
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"label": 1' in done.stdout


def should_answer_curl_as_the_page_says(ashlar: Ashlar, session: boto3.Session, url: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl on this machine")
    page = (ROOT / "docs/examples/curl.md").read_text("utf-8")
    (signed,) = [block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "--aws-sigv4" in block]
    done = subprocess.run(
        ["/bin/sh", "-ec", signed], env=environment(ashlar, session, url), capture_output=True, text=True, check=True
    )
    assert re.search(r'"label": ?1', done.stdout), done.stdout + done.stderr
    assert '"endpoints"' in done.stdout


def should_print_the_page_of_the_deployed_api(ashlar: Ashlar) -> None:
    done = ashlar.ops("api-page", "--env", "local")
    assert done.returncode == 0, done.stderr
    assert "<h1>Predictions of ashlar-local</h1>" in done.stdout
    assert 'id="postReviewsPredictions"' in done.stdout and done.stdout.endswith("</html>\n")


def environment(ashlar: Ashlar, session: boto3.Session, url: str) -> dict[str, str]:
    """As an application has it."""
    keys = session.get_credentials().get_frozen_credentials()
    authority = ashlar.cloud.certificate_authority
    return {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "API": url,
        **dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE"), authority),
    }
