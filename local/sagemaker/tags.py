"""Tags of any resource, by its ARN."""

from local.sagemaker.operations import Call, Record, operation


@operation("AddTags", "ResourceArn", "Tags")
def add_tags(call: Call) -> Record:
    """Add or replace tags."""
    call.region.tag(call["ResourceArn"], call["Tags"])
    return {"Tags": _listed(call)}


@operation("ListTags", "ResourceArn", "NextToken", "MaxResults")
def list_tags(call: Call) -> Record:
    """Return the resource's tags."""
    return {"Tags": _listed(call)}


@operation("DeleteTags", "ResourceArn", "TagKeys")
def delete_tags(call: Call) -> Record:
    """Remove tags."""
    with call.region.lock:
        tags = call.region.tags.get(call["ResourceArn"], {})
        for key in call["TagKeys"]:
            tags.pop(key, None)
    return {}


def _listed(call: Call) -> list[dict[str, str]]:
    with call.region.lock:
        return [{"Key": k, "Value": v} for k, v in call.region.tags.get(call["ResourceArn"], {}).items()]
