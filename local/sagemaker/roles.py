"""Execution roles: what a job, a model server or a pipeline may do is what its own role may do."""

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import hooks
from local.sagemaker.condition_keys import of_operation, tag_keys
from local.sagemaker.errors import ApiError, validation
from local.sagemaker.operations import Call
from local.sagemaker.resource_arns import named_resource

SERVICE = "sagemaker.amazonaws.com"
_TRUST_FILES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


class RoleSession:
    """Session credentials of one role, assumed as the SageMaker service on behalf of the resource `source_arn`.

    `network` holds VpcConfig and EnableNetworkIsolation, if anything. With a VpcConfig the session's calls to S3 and
    those of its process come from that VPC; its log does not, as in AWS.
    """

    def __init__(self, role_arn: str, session_name: str, *, source_arn: str, network: Mapping[str, Any]) -> None:
        self.role_arn = role_arn
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        try:
            self._credentials = hooks.assume_role(
                role_arn, session_name, service_principal=SERVICE, source_arn=source_arn
            )
        except hooks.AccessDenied as denied:
            raise validation(
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{SERVICE}' to assume the role."
            ) from denied
        self.access_key_id = self._credentials["AccessKeyId"]
        place = hooks.attach(self.access_key_id, (network.get("VpcConfig") or {}).get("Subnets", []))
        self._place = place.token if place else None
        self._is_isolated = bool(network.get("EnableNetworkIsolation"))

    def client(self, service: str) -> Any:
        """Return a client that acts as the role; one per service, because making one costs 50 ms."""
        with self._lock:
            if service not in self._clients:
                place = self._place if service == "s3" else None
                self._clients[service] = hooks.client(service, credentials=self._credentials, place=place)
            return self._clients[service]

    def release(self) -> None:
        """Drop the clients, which weigh some megabytes each."""
        with self._lock:
            self._clients.clear()

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that runs as the role: its credentials and nothing else of the host's.

        A container under network isolation gets none: it may call nothing.
        """
        plain = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "AWS_REGION": hooks.region(),
            "AWS_DEFAULT_REGION": hooks.region(),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        return plain if self._is_isolated else {**plain, **self._access()}

    def _access(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self._credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._credentials["SessionToken"],
            "AWS_ENDPOINT_URL": hooks.endpoint_url(),
            **({"AWS_SDK_UA_APP_ID": self._place} if self._place else {}),
            **dict.fromkeys(_TRUST_FILES, os.environ["AWS_CA_BUNDLE"]),
        }


def require_allowed(call: Call, resource_arn: str) -> None:
    """Raise AccessDeniedException unless the caller may do the call's operation on this resource as well."""
    _require(call, call.operation, resource_arn, of_operation(call.operation, call.params))


def require_tagging(call: Call) -> None:
    """Raise AccessDeniedException unless the caller may tag what the call creates, if the call gives tags."""
    if call.operation.startswith("Create") and call.get("Tags"):
        arn = named_resource(call.operation, call.params, call.region.arn(""))
        _require(call, "AddTags", arn, {**tag_keys(call.params), "sagemaker:TaggingAction": call.operation})


def _require(call: Call, operation: str, resource_arn: str, keys: Mapping[str, Any]) -> None:
    try:
        hooks.require_allowed(call.headers, f"sagemaker:{operation}", resource_arn, keys)
    except hooks.AccessDenied as denied:
        raise ApiError("AccessDeniedException", str(denied)) from denied


def require_pass_role(call: Call, role_arn: str) -> None:
    """Raise AccessDeniedException unless the caller may pass the role to SageMaker."""
    try:
        hooks.require_pass_role(call.headers, role_arn, SERVICE)
    except hooks.AccessDenied as denied:
        raise ApiError("AccessDeniedException", str(denied)) from denied
