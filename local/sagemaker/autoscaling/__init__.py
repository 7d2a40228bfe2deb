"""Application Auto Scaling for endpoint variants: targets, policies and schedules, and the loop that scales by them.

moto keeps what is registered. `api` answers requests, `loop` visits every registered variant when something is due, and
`controller` changes one; `policies`, `tracking` and `steps` decide. This module is what the rest of SageMaker needs.
"""

from local import hooks
from local.sagemaker.autoscaling import records
from local.sagemaker.errors import validation
from local.sagemaker.operations import Call
from local.sagemaker.resource_arns import scalable_target_arn
from local.sagemaker.state import Region

_ACTION = "application-autoscaling:DeregisterScalableTarget"


def registered(region: Region, endpoint: str, variant: str) -> bool:
    """Return whether a scalable target is registered for the variant's instances."""
    return records.target(region, records.resource_id(endpoint, variant)) is not None


def deregister_deleted(call: Call, endpoint: str) -> None:
    """Deregister the targets of an endpoint that the call deletes; ValidationException if its caller may not."""
    found = records.targets_of(call.region, endpoint)
    if not found:
        return
    from local.sagemaker.autoscaling import api

    arn = scalable_target_arn("", "", {}, b"", call.region.name, call.region.account)
    keys = {
        "application-autoscaling:service-namespace": records.NAMESPACE,
        "application-autoscaling:scalable-dimension": records.DIMENSION,
    }
    try:
        hooks.require_allowed(call.headers, _ACTION, arn, keys)
    except hooks.AccessDenied as denied:
        raise validation(
            "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used "
            f"to invoke DeleteEndpoint does not have {_ACTION} permission to deregister the scalable target."
        ) from denied
    for resource in found:
        api.deregister(call.region, resource)


def shut_down() -> None:
    """Scale nothing any more."""
    from local.sagemaker.autoscaling.loop import LOOP

    LOOP.stop()
