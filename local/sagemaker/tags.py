"""Tags of any resource, by its ARN."""

from collections.abc import Mapping

from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.state import current_region


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


def of_resource(arn: str) -> Mapping[str, str]:
    """Return the tags that policies see; a version of a model package has those of its group, one to be made none."""
    region = current_region()
    kind, _, name = arn.rsplit(":", 1)[-1].partition("/")
    if name.endswith("/*"):
        return {}
    tagged = region.arn(f"model-package-group/{name.partition('/')[0]}") if kind == "model-package" else arn
    with region.lock:
        return dict(region.tags.get(tagged, {}))


def _listed(call: Call) -> list[dict[str, str]]:
    with call.region.lock:
        return [{"Key": k, "Value": v} for k, v in call.region.tags.get(call["ResourceArn"], {}).items()]
