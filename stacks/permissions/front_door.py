"""The front door: what its function may do, and who may call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.permissions.hosting import async_prefix
from stacks.permissions.jobs import owned_by
from stacks.permissions.perimeter import DATA_PLANE, NO_SERVICE, BucketStatement
from stacks.permissions.statement import VERSION, Because, Conditions, Statement
from stacks.values.account import Account
from stacks.values.store import Store

# A kind of its own: links that its role signs are followed from outside the VPC, and the perimeter exempts a kind.
FUNCTION_KIND = "front-door"
CALLER_KIND = "caller"
# Records of jobs. Requests and answers lie where the asynchronous endpoint has them.
JOBS = "jobs/"
# The only one: changes of the API replace what it points to.
STAGE = "v1"
LONGEST_LINK_MILLISECONDS = 15 * 60 * 1000


def function(account: Account, modes: Mapping[str, str], data: Store | None) -> list[Statement]:
    """`modes`: name of an endpoint -> its mode. `data`: where jobs are kept, with an asynchronous endpoint only.

    Endpoints by name: they appear with the first release, after the function.
    """
    later = sorted(name for name, mode in modes.items() if mode == "asynchronous")
    at_once = sorted(set(modes) - set(later))
    calls = {"Invoke": ("InvokeEndpoint", at_once), "Ask": ("InvokeEndpointAsync", later)}
    calls["See"] = ("DescribeEndpoint", sorted(modes))
    made = [
        Statement(sid, [f"sagemaker:{verb}"], [account.arn("sagemaker", f"endpoint/{name}") for name in names])
        for sid, (verb, names) in calls.items()
        if names
    ]
    return [*made, *(_jobs(account, later, data) if data and later else [])]


def _jobs(account: Account, endpoints: Sequence[str], data: Store) -> list[Statement]:
    """Requests, answers and records of jobs, and no other object."""
    own = owned_by(account)
    places = {part: [f"{async_prefix(name)}{part}/*" for name in endpoints] for part in ("input", "output", "failure")}
    answers, records = places["output"] + places["failure"], [f"{JOBS}*"]
    written, read = [*places["input"], *records], [*places["input"], *answers, *records]
    looks: Conditions = {**own, "StringLike": {"s3:prefix": read}}
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{account.region}.amazonaws.com"}}
    keys = Because.OBJECT_KEYS
    return [
        Statement("Leave", ["s3:PutObject"], [f"{data.arn}/{path}" for path in written], own, because=keys),
        Statement("Fetch", ["s3:GetObject"], [f"{data.arn}/{path}" for path in read], own, because=keys),
        # Tells what is not there yet from what is refused.
        Statement("Come", ["s3:ListBucket"], [data.arn], looks),
        Statement("JobsKey", ["kms:Decrypt", "kms:GenerateDataKey"], [data.key], through_s3),
    ]


def links(role: str, endpoint: str) -> list[BucketStatement]:
    """Outside of the VPC the function's role (an ARN pattern) is its links: signed in the address, and short-lived.

    Records of jobs never leave the VPC, whose way to S3 is `endpoint`. The perimeter itself exempts the role.
    """
    mine: Conditions = {"ArnLike": {"aws:PrincipalArn": role}}
    # A service that acts for the role, such as SageMaker when it is asked to answer later, is no link.
    itself: Conditions = {"BoolIfExists": {**NO_SERVICE, "aws:ViaAWSService": "false"}}
    outside = {**mine, **itself, "StringNotEquals": {"aws:SourceVpce": endpoint}}
    unsigned = {**outside, "StringNotEqualsIfExists": {"s3:authType": "REST-QUERY-STRING"}}
    old = {**mine, "NumericGreaterThan": {"s3:signatureAge": LONGEST_LINK_MILLISECONDS}}
    return [
        BucketStatement("LinksOnly", DATA_PLANE, unsigned),
        BucketStatement("NoOldLink", DATA_PLANE, old),
        BucketStatement("RecordsStayInside", DATA_PLANE, outside, paths=[f"/{JOBS}*"]),
    ]


def api_policy(account: Account, *, auth: str, endpoint_id: str | None) -> dict[str, Any]:
    """The API's own policy. `endpoint_id`: the VPC endpoint that alone leads to it.

    With IAM nobody of another account, whatever their account allows them; who else, IAM says. Without IAM a caller has
    no account: a policy then has to allow all that it does not refuse (developer guide, authorization workflow). There
    is always one: CloudFormation leaves an API the policy that a later template has no more.
    """
    denied: dict[str, Conditions] = {}
    if auth == "iam":
        denied["OwnAccountOnly"] = {"StringNotEquals": {"aws:PrincipalAccount": account.id}}
    if endpoint_id:
        denied["ThroughTheEndpointOnly"] = {"StringNotEquals": {"aws:SourceVpce": endpoint_id}}
    everyone = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    statements = [{"Sid": sid, "Effect": "Deny", **everyone, "Condition": its} for sid, its in denied.items()]
    if auth != "iam":
        statements.append({"Sid": "WhoeverTheMethodsAdmit", "Effect": "Allow", **everyone})
    return {"Version": VERSION, "Statement": statements}


def api_endpoint(account: Account, *, auth: str) -> list[Statement]:
    """What may pass through the VPC endpoint of a private API. Only IAM tells a caller's account."""
    own: Conditions = {"StringEquals": {"aws:PrincipalAccount": account.id}} if auth == "iam" else {}
    apis = [account.arn("execute-api", f"*/{STAGE}/*")]
    return [Statement("Api", ["execute-api:Invoke"], apis, own, because=Because.ENDPOINT)]


def caller(account: Account, *, api_id: str, endpoints: Sequence[str] | None) -> list[Statement]:
    """Applications that call the API, and can do nothing else with it. `endpoints`: public names; None for all."""
    api = account.arn("execute-api", f"{api_id}/{STAGE}")
    about = [f"{api}/GET/{path}" for path in ("endpoints", "health", "openapi.json")]
    granted = {"EveryEndpoint": "*"} if endpoints is None else {f"Endpoint{n}": n for n in endpoints}
    because = Because.VERSIONS if endpoints is None else None
    routes = ("predictions", "uploads", "jobs")
    calls = {sid: [f"{api}/POST/endpoints/{name}/{route}" for route in routes] for sid, name in granted.items()}
    invoke = ["execute-api:Invoke"]
    return [
        Statement("About", invoke, about),
        Statement("Jobs", invoke, [f"{api}/GET/jobs/*"], because=Because.VERSIONS),
        *(Statement(sid, invoke, arns, because=because) for sid, arns in calls.items()),
    ]
