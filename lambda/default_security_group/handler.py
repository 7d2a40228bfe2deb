"""Entered by CloudFormation for a custom resource: closes the group, and answers at the address it is given."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from default_security_group.group import close

_EC2 = boto3.client("ec2", config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3}))
ANSWER_SECONDS = 10.0
# urllib3 1.26, in the older runtimes, verifies nothing unless told to.
_HTTPS = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=os.environ.get("AWS_CA_BUNDLE"))
REASON_LIMIT = 1000  # an answer has at most 4096 bytes


def handle(event: dict[str, Any], context: object) -> None:
    """Nothing is done when the resource is deleted: the group goes with its VPC, and is never opened again."""
    group_id = event["ResourceProperties"]["GroupId"]
    try:
        if event["RequestType"] != "Delete":
            close(_EC2, group_id)
    except Exception as error:
        answer(event, group_id, failure=f"{type(error).__name__}: {error}")
        raise
    answer(event, group_id)


def answer(event: dict[str, Any], group_id: str, failure: str | None = None) -> None:
    """Tell CloudFormation; until then it waits."""
    echoed = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    outcome = {"Status": "FAILED", "Reason": failure[:REASON_LIMIT]} if failure else {"Status": "SUCCESS"}
    body = json.dumps({**outcome, **echoed, "PhysicalResourceId": group_id}).encode()
    # Without a content type: CloudFormation signed the address for a request that has none.
    response = _HTTPS.request("PUT", event["ResponseURL"], body=body, timeout=ANSWER_SECONDS, retries=2)
    if response.status != 200:
        raise RuntimeError(f"CloudFormation's address refused the answer: {response.status} {response.data[:300]!r}")
