"""An API with a method for each kind of caller (gateway_template.py), deployed, and requests to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.local import stacks
from tests.local.cloud import ACCOUNT, REGION, LocalCloud
from tests.local.gateway_template import FUNCTION, STAGE, template
from tests.local.sagemaker.workshop import unique

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    content: bytes

    @property
    def json(self) -> Json:
        """The content, which is JSON."""
        found: Json = json.loads(self.content)
        return found


@dataclass
class Gateway:
    """The deployed API. `outputs`: ids of what there is."""

    cloud: LocalCloud
    outputs: Json
    http: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self.http = urllib3.PoolManager(ca_certs=self.cloud.certificate_authority, retries=False)

    def url(self, path: str) -> str:
        """Where a route is."""
        return f"{self.cloud.url}/_aws/execute-api/{self.outputs['Api']}/{STAGE}/{path}"

    def post(self, path: str, body: bytes = b"", **headers: str) -> Answer:
        """A call that nobody signs. Underscores in names of headers are hyphens."""
        return self.send(path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> Answer:
        """A call with just these headers."""
        answer = self.http.request(method, self.url(path), body=body, headers=headers)
        return Answer(answer.status, answer.headers, answer.data)

    def signed(self, path: str, body: bytes = b"", credentials: Json | None = None) -> Answer:
        """A call that is signed by the account's root, or with a role's credentials."""
        return self.send(path, body, self.signature(path, body, credentials))

    def signature(self, path: str, body: bytes = b"", credentials: Json | None = None) -> dict[str, str]:
        """The headers of a signed call."""
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        given = credentials or {"AccessKeyId": ACCOUNT, "SecretAccessKey": "local"}
        signer = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given.get("SessionToken"))
        request = AWSRequest("POST", self.url(path), data=body, headers={"Content-Type": "text/plain"})
        SigV4Auth(signer, "execute-api", REGION).add_auth(request)
        return dict(request.headers.items())

    def secret(self) -> str:
        """What the app client proves itself with."""
        known = {"UserPoolId": self.outputs["Pool"], "ClientId": self.outputs["Client"]}
        answer = self.cloud.client("cognito-idp").describe_user_pool_client(**known)
        return str(answer["UserPoolClient"]["ClientSecret"])

    def token(self, secret: str, scope: str) -> Answer:
        """Ask for an access token."""
        fields = {"grant_type": "client_credentials", "scope": scope}
        auth = urllib3.make_headers(basic_auth=f"{self.outputs['Client']}:{secret}")
        answer = self.http.request_encode_body(
            "POST", f"{self.cloud.url}/oauth2/token", fields=fields, headers=auth, encode_multipart=False
        )
        return Answer(answer.status, answer.headers, answer.data)

    def key(self, name: str) -> str:
        """The value of an API key."""
        answer = self.cloud.client("apigateway").get_api_key(apiKey=self.outputs[f"{name}Key"], includeValue=True)
        return str(answer["value"])


def deployed(cloud: LocalCloud) -> Gateway:
    """The API, in a stack of its own."""
    name = unique("gateway")
    role = stacks.make_role(cloud, name, "lambda.amazonaws.com")
    stack = stacks.deploy(cloud, name, template(role, {"ZipFile": FUNCTION}))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(cloud, name)
    return Gateway(cloud, {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]})
