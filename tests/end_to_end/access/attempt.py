"""Makes calls with given credentials, and says how they ended: in the test's process, or as a job inside the VPC.

`python attempt.py CALLS ANSWERS`: files of JSON. It runs in the local cloud's environment, so it knows boto3 only.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

_SESSION = boto3.Session()


def attempt(
    url: str, authority: str, region: str, *, credentials: dict[str, str], call: str, arguments: dict[str, Any]
) -> dict[str, str]:
    """One call, such as `s3.get_object`, as these credentials: {code, message}, both empty when it succeeded.

    `api.post` is a signed request to the prediction API with `path` and `body`; its code is HTTP's.
    """
    service, method = call.split(".")
    if service == "api":
        return _signed(url, authority, region, credentials, method.upper(), **arguments)
    client = _client(service, url, authority, region, *credentials.values())
    try:
        getattr(client, method)(**arguments)
    except ClientError as error:
        return {"code": str(error.response["Error"]["Code"]), "message": str(error)}
    except BotoCoreError as error:  # the call was never made
        return {"code": type(error).__name__, "message": str(error)}
    return {"code": "", "message": ""}


@cache
def _client(service: str, url: str, authority: str, region: str, key: str, secret: str, token: str) -> Any:
    return _SESSION.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        verify=authority,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def _signed(
    url: str, authority: str, region: str, credentials: dict[str, str], method: str, *, path: str, body: str
) -> dict[str, str]:
    request = AWSRequest(method, f"{url}{path}", data=body.encode(), headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials(*credentials.values()), "execute-api", region).add_auth(request)
    http = urllib3.PoolManager(ca_certs=authority)
    answer = http.request(method, f"{url}{path}", body=body.encode(), headers=dict(request.headers))
    text = answer.data.decode("utf-8", "replace")
    return {"code": "" if answer.status == 200 else str(answer.status), "message": text}


def main() -> None:
    """Every call of a file, in its order."""
    calls, answers = sys.argv[1:]
    place = (os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_CA_BUNDLE"], os.environ["AWS_REGION"])
    given = json.loads(Path(calls).read_text())
    made = [attempt(*place, **each) for each in given]
    Path(answers).write_text(json.dumps(made))


if __name__ == "__main__":
    main()
