"""Sends one request with the credentials of the job that it runs in: `python asker.py URL REGION AUTHORITY FILE`.

Writes the status to FILE. It runs in the local cloud's environment, so it knows boto3 only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if __name__ == "__main__":
    url, region, authority, file = sys.argv[1:]
    request = AWSRequest("GET", url)
    SigV4Auth(boto3.Session().get_credentials().get_frozen_credentials(), "execute-api", region).add_auth(request)
    answer = urllib3.PoolManager(ca_certs=authority).request("GET", url, headers=dict(request.headers.items()))
    Path(file).write_text(str(answer.status))
