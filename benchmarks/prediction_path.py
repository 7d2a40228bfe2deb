"""`python -m benchmarks.prediction_path [--json FILE] [--requests N] [--assert]`: what the front door adds to a call.

In a local cloud of its own: a prediction through API Gateway (AWS_IAM) and the front door's function against
InvokeEndpoint for the same model, called by one process in turns; the best turn of each counts. The local cloud's
gateway and its way to a warm function are not AWS's: the figures are for this machine, to see them change.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.front_door import CALLER, ENDPOINT, package
from benchmarks.hosting import BODY, REGION, Cloud, cloud, deploy, hosted, latencies, milliseconds, policy
from benchmarks.targets import Target, command_line, findings, report, rows

TURNS = 3
STAGE = "v1"
ROUTE = ("endpoints", "{endpoint}", "predictions")
SCRIPT = """
ANSWER = {"label": 1, "probabilities": {"-1": 0.1, "0": 0.2, "1": 0.7}}
def model_fn(model_dir): return None
def predict_fn(data, model): return {"predictions": [ANSWER for _ in data["instances"]], "model_package": "tiny/1"}
"""


def front_door(there: Cloud, endpoint: str) -> str:
    """The function behind an API, as the stacks have them; returns the URL of a prediction."""
    function = _function(there, endpoint)
    gateway = there.client("apigateway")
    api = gateway.create_rest_api(name="door", binaryMediaTypes=["*/*"])["id"]
    (resource,) = (each["id"] for each in gateway.get_resources(restApiId=api)["items"])
    for part in ROUTE:
        resource = gateway.create_resource(restApiId=api, parentId=resource, pathPart=part)["id"]
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="AWS_IAM")
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName=STAGE)
    may = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    there.client("lambda").add_permission(FunctionName=function, StatementId="gateway", **may)
    return f"{there.url}/_aws/execute-api/{api}/{STAGE}/endpoints/{ENDPOINT}/predictions"


def _function(there: Cloud, endpoint: str) -> str:
    allowed = {"Effect": "Allow", "Action": ["sagemaker:InvokeEndpoint", "logs:*"], "Resource": "*"}
    functions = there.client("lambda")
    created = functions.create_function(
        FunctionName="door",
        Runtime="python3.12",
        Handler="front_door.handler.handle",
        Role=_role(there, "door", {"Service": "lambda.amazonaws.com"}, allowed),
        Code={"ZipFile": package(endpoint)},
        MemorySize=512,
        Timeout=29,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="door", WaiterConfig={"Delay": 1})
    return str(created["FunctionArn"])


def _role(there: Cloud, name: str, principal: dict[str, str], allowed: dict[str, Any]) -> str:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    iam = there.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(allowed))
    return str(arn)


def through(there: Cloud, url: str) -> Callable[[], None]:
    """A prediction as the client's role, on a connection that is kept open."""
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    account = there.client("sts").get_caller_identity()["Account"]
    role = _role(there, CALLER, {"AWS": account}, allowed)
    assumed = there.client("sts").assume_role(RoleArn=role, RoleSessionName="bench")["Credentials"]
    keys = Credentials(assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])
    signer = SigV4Auth(keys, "execute-api", REGION)
    pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=there.authority)

    def call() -> None:
        request = AWSRequest("POST", url, data=BODY, headers={"Content-Type": "application/json"})
        signer.add_auth(request)
        answer = pool.request("POST", url, body=BODY, headers=dict(request.headers.items()), retries=False)
        if answer.status != 200:
            raise RuntimeError(f"the API answered {answer.status}: {answer.data!r}")

    return call


def measure(requests: int) -> dict[str, Any]:
    """`{direct, through, targets, machine}`; latencies in milliseconds."""
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory) / "state") as there:
        endpoint = deploy(there, SCRIPT)
        calls = (hosted(there, endpoint), through(there, front_door(there, endpoint)))
        turns = [[milliseconds(latencies(call, requests)) for call in calls] for _ in range(TURNS)]
    direct, whole = (min(found, key=lambda cuts: cuts["p50"]) for found in zip(*turns, strict=True))
    added = Target("the front door above InvokeEndpoint, p50", whole["p50"] - direct["p50"], at_most=10.0, unit=" ms")
    return {"direct": direct, "through": whole, **findings([added]), "requests": requests}


def table(found: dict[str, Any]) -> str:
    """What was measured, for a terminal."""
    lines = [f"the best of {TURNS} turns of {found['requests']} requests"]
    for name in ("direct", "through"):
        lines.append(f"{name:<8}" + ", ".join(f"{cut} {value:.2f} ms" for cut, value in found[name].items()))
    return "\n".join([*lines, *rows(found)])


def main(arguments: list[str]) -> int:
    parser = command_line("prediction_path", __doc__)
    parser.add_argument("--requests", type=int, default=200, help="requests in each turn")
    options = parser.parse_args(arguments)
    found = measure(options.requests)
    return report(found, table(found), options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
