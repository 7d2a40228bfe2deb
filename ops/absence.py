"""How AWS says that something does not exist."""

from __future__ import annotations

from botocore.exceptions import ClientError


def is_absent(error: ClientError) -> bool:
    """Each service has its own word for it: InvalidVpcID.NotFound, NoSuchEntity, ParameterNotFound.

    SageMaker and CloudFormation have no code of their own for it, only words.
    """
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    by_code = "NotFound" in code or code.startswith("NoSuch")
    return by_code or message.startswith("Could not find") or "does not exist" in message
