"""Where a call comes from: the VPC of the job, model or function that makes it, and the endpoint it goes through.

A process in a VPC is told a token, which the AWS SDKs send in the User-Agent (AWS_SDK_UA_APP_ID): so the place goes
with the process and not with the credentials, and stolen ones come from nowhere. A client that is no AWS SDK sends no
such field; its session's place counts.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from local.hooks import current_request, internals, scope

_router = internals.module("core.router")
_ec2 = internals.module("services.ec2")
_lambda = internals.module("core.lambda_runtime")

_log = logging.getLogger("ashlar.local.network")
_TOKEN = re.compile(r"\bapp/(ashlar-[0-9a-f]+)")
_SDK = re.compile(r"(?i)\b(aws-sdk|aws-cli|boto)")
# IAM's prefix of a service where its endpoint has another name. The runtime of SageMaker has an endpoint of its own.
_ENDPOINT_NAMES = {
    "cloudwatch": ("monitoring",),
    "ecr": ("ecr.api", "ecr.dkr"),
    "execute-api": ("execute-api",),
    "sagemaker": ("sagemaker.api",),
    "sagemaker:InvokeEndpoint": ("sagemaker.runtime",),
    "sagemaker:InvokeEndpointAsync": ("sagemaker.runtime",),
}


@dataclass(frozen=True)
class Place:
    """Subnets of one VPC, and the token by which a process in them is known."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    token: str


_by_token: dict[str, Place] = {}
_by_access_key: dict[str, Place] = {}


def attach(access_key_id: str, subnet_ids: Sequence[str]) -> Place | None:
    """Where the session of `access_key_id` runs from now on; None, and nowhere, without subnets that exist."""
    subnets = [_ec2._subnets[subnet_id] for subnet_id in subnet_ids if subnet_id in _ec2._subnets]
    known = _by_access_key.pop(access_key_id, None)
    if not subnets:
        return None
    token = known.token if known else f"ashlar-{secrets.token_hex(12)}"
    place = Place(subnets[0]["VpcId"], tuple(subnet_ids), token)
    _by_access_key[access_key_id] = _by_token[token] = place
    return place


def here() -> Place | None:
    """The place that the current request comes from, if that is inside a VPC."""
    request = current_request.current()
    if request is None:
        return None
    agent = request.headers.get("user-agent", "")
    if told := _TOKEN.search(agent):
        return _by_token.get(told[1])
    return None if _SDK.search(agent) else _by_access_key.get(_router.extract_access_key_id(request.headers))


def endpoint() -> dict[str, Any] | None:
    """The VPC endpoint that the current request goes through, if it comes from a VPC that has one for the service."""
    place, action = here(), current_request.action()
    if place is None or not action:
        return None
    names = _ENDPOINT_NAMES.get(action) or _ENDPOINT_NAMES.get(action.partition(":")[0]) or (action.partition(":")[0],)
    services = tuple(f".{scope.region()}.{name}" for name in names)
    for record in list(_ec2._vpc_endpoints.values()):
        if record["VpcId"] == place.vpc_id and record["ServiceName"].endswith(services) and _is_used(record, place):
            return dict(record)
    return None


def is_cut_off() -> bool:
    """Whether the current request comes from a VPC that has neither an endpoint for the service nor a way out."""
    place = here()
    if place is None or endpoint():
        return False
    routes = [
        route
        for table in list(_ec2._route_tables.values())
        if table["RouteTableId"] in _route_tables(place)
        for route in table["Routes"]
    ]
    out = [route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    if not out:
        _log.warning("%s: %s has no endpoint for it and no way out.", current_request.action(), place.vpc_id)
    return not out


def _is_used(record: dict[str, Any], place: Place) -> bool:
    """A gateway is used by the subnets whose route table has it, an interface by its private DNS name."""
    if record["VpcEndpointType"] != "Gateway":
        return str(record.get("PrivateDnsEnabled")).lower() == "true"
    return bool(_route_tables(place) & set(record["RouteTableIds"]))


def _route_tables(place: Place) -> set[str]:
    tables = [table for table in list(_ec2._route_tables.values()) if table["VpcId"] == place.vpc_id]
    named = {
        table["RouteTableId"]
        for table in tables
        for association in table["Associations"]
        if association.get("SubnetId") in place.subnet_ids
    }
    # A subnet that no table names uses the main one.
    return named or {t["RouteTableId"] for t in tables if any(a.get("Main") for a in t["Associations"])}


def _install() -> None:
    original = _lambda.execution_credentials

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = original(config)
        place = attach(found["AWS_ACCESS_KEY_ID"], (config.get("VpcConfig") or {}).get("SubnetIds") or [])
        return {**found, "AWS_SDK_UA_APP_ID": place.token} if place else found

    _lambda.execution_credentials = execution_credentials
    fields = _ec2._vpce_fields_xml

    def vpce_fields_xml(record: dict[str, Any], tag: str = "item") -> str:
        text: str = fields(record, tag=tag)
        document = record.get("PolicyDocument")
        if not document:
            return text
        policy = document if isinstance(document, str) else json.dumps(document)
        start, end, rest = text.rpartition(f"</{tag}>")
        return f"{start}<policyDocument>{escape(policy)}</policyDocument>{end}{rest}"

    _ec2._vpce_fields_xml = vpce_fields_xml


_install()
