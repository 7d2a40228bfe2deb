"""Lambda functions: reserved concurrency, dead-letter target, key and VPC, which MiniStack's provisioner drops."""

from __future__ import annotations

from typing import Any

from local import hooks
from local.cloudformation.gaps.after import Properties, after
from local.cloudformation.shapes import parameters
from local.hooks import lambda_workers

# CloudFormation's name for each setting, and the API's. MiniStack delivers to the dead-letter target; the others it
# records.
_SETTINGS = {"DeadLetterConfig": "DeadLetterConfig", "KmsKeyArn": "KMSKeyArn", "VpcConfig": "VpcConfig"}
_NONE: dict[str, Any] = {
    "DeadLetterConfig": {},
    "KMSKeyArn": "",
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


def _apply(function_name: str, properties: Properties, old: Properties) -> None:
    client = hooks.client("lambda")
    changed = {
        setting: properties.get(name) or _NONE[setting]
        for name, setting in _SETTINGS.items()
        if properties.get(name) != old.get(name)
    }
    if changed:
        wanted = {"FunctionName": function_name, **changed}
        client.update_function_configuration(
            **parameters("lambda", "UpdateFunctionConfiguration", wanted, "AWS::Lambda::Function")
        )
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is not None and reserved != old.get("ReservedConcurrentExecutions"):
        client.put_function_concurrency(FunctionName=function_name, ReservedConcurrentExecutions=int(reserved))
    elif reserved is None and "ReservedConcurrentExecutions" in old:
        client.delete_function_concurrency(FunctionName=function_name)


def mend() -> None:
    """Apply the settings after each create and update of a function."""
    lambda_workers.share_reserved_concurrency()
    after("AWS::Lambda::Function", _apply)
