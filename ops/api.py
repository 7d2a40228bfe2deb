"""A client of the platform's API: SigV4-signed requests under the caller role."""

from __future__ import annotations

import json
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ops.session import Environment, OpsError

TIMEOUT_SECONDS = 30.0
CONNECTIONS = 8


class Api:
    """Signs and sends. Safe to use from several threads."""

    def __init__(self, environment: Environment) -> None:
        outputs = environment.outputs("front-door")
        session = environment.assume(outputs["CallerRole"], "api")
        frozen = session.get_credentials().get_frozen_credentials()
        self._credentials = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
        self._region = environment.platform.region
        self._url = environment.api_url
        # As for every AWS client, the profile or AWS_CA_BUNDLE may name a certificate authority of its own.
        authority = environment.session._session.get_config_variable("ca_bundle")
        self._http = urllib3.PoolManager(maxsize=CONNECTIONS, ca_certs=authority, retries=False)

    def predict(self, endpoint: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
        """`POST /endpoints/{endpoint}/predictions`: {predictions, variant, model_package}; OpsError else."""
        url = f"{self._url}/endpoints/{endpoint}/predictions"
        body = json.dumps({"instances": instances}).encode()
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials, "execute-api", self._region).add_auth(request)
        try:
            response = self._http.request(
                "POST", url, body=body, headers=dict(request.headers), timeout=TIMEOUT_SECONDS
            )
        except urllib3.exceptions.HTTPError as error:
            raise OpsError(f"{url} cannot be reached: {error}") from None
        text = response.data.decode("utf-8", "replace")
        if response.status != 200:
            raise OpsError(f"{url} answered {response.status}: {text}")
        answer: dict[str, Any] = json.loads(text)
        return answer
