"""Application Auto Scaling's API: moto records targets, policies and actions; here is what it leaves out."""

import io
import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from local import hooks
from local.sagemaker import shapes
from local.sagemaker.autoscaling import activities, alarms, checks, records
from local.sagemaker.autoscaling.loop import LOOP
from local.sagemaker.errors import ApiError
from local.sagemaker.state import Region, current_region

Answer = tuple[int, dict[str, str], bytes]
Params = dict[str, Any]
_LOG = logging.getLogger(__name__)
_JSON = "application/x-amz-json-1.1"
_ACTIVE = dict.fromkeys(
    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
)  # fmt: skip
_SERVICE_ROLE = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com/" + (
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def answer(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return the answer to a request, in the current account and region."""
    operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    try:
        params = json.loads(body or b"{}")
        region = current_region()
        checks.check(operation, params, region)
        return _WRAPPED.get(operation, _by_moto)(region, params, lambda: _ask_moto(method, path, headers, body))
    except ApiError as error:
        return _answer(error.status, {"__type": error.code, "message": error.message})
    except Exception as error:
        _LOG.exception("%s", operation)
        return _answer(500, {"__type": "InternalServiceException", "message": f"{operation}: {error!r}"})


def deregister(region: Region, resource: str) -> None:
    """Forget a variant's target with its policies, their alarms, and its scheduled actions."""
    for policy in records.policies(region, resource):
        alarms.delete(policy.alarms)
    records.forget(region, resource)
    records.backend(region).targets.get(records.DIMENSION, {}).pop(resource, None)
    LOOP.wake()


def _answer(status: int, content: Any) -> Answer:
    return status, {"Content-Type": _JSON}, json.dumps(content).encode()


def _by_moto(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    return moto()


def _register(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    known = records.target(region, params["ResourceId"])
    before = dict((known.suspended_state if known else None) or _ACTIVE)
    answered = moto()
    target = records.target(region, params["ResourceId"])
    target.suspended_state = {**before, **(params.get("SuspendedState") or {})}
    target.role_arn = target.role_arn or f"arn:aws:iam::{region.account}:role/{_SERVICE_ROLE}"
    LOOP.wake()
    return answered


def _deregister(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    found = records.policies(region, params["ResourceId"])
    answered = moto()
    if answered[0] == 200:
        for policy in found:
            alarms.delete(policy.alarms)
        deregister(region, params["ResourceId"])
    return answered


def _put_policy(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    known = records.policy(region, params["ResourceId"], params["PolicyName"])
    status, headers, content = moto()
    if status != 200:
        return status, headers, content
    policy = records.policy(region, params["ResourceId"], params["PolicyName"])
    if known:  # moto makes another policy of the same name
        policy.policy_arn, policy.creation_time = known.policy_arn, known.creation_time
    existing = known.alarms if known else []
    if policy.policy_type == "TargetTrackingScaling":
        policy.alarms = alarms.put(policy, existing)
    else:
        alarms.delete(existing)
    LOOP.wake()
    named = [{"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn} for alarm in policy.alarms]
    return _answer(200, {"PolicyARN": policy.policy_arn, "Alarms": named})


def _delete_policy(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    policy = records.policy(region, params["ResourceId"], params["PolicyName"])
    if policy:
        alarms.delete(policy.alarms)
        policy.alarms = []
    return moto()


def _describe_policies(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    """moto takes a resource whose id is part of another's for that one, and knows no names."""
    status, headers, content = moto()
    if status != 200:
        return status, headers, content
    found = json.loads(content)
    names, resource = params.get("PolicyNames") or [], params.get("ResourceId")
    found["ScalingPolicies"] = [
        policy
        for policy in found["ScalingPolicies"]
        if (not names or policy["PolicyName"] in names) and resource in (None, policy["ResourceId"])
    ]
    return _answer(200, found)


def _put_action(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    answered = moto()
    LOOP.wake()
    return answered


def _describe_activities(region: Region, params: Params, moto: Callable[[], Answer]) -> Answer:
    shape = checks.model().operation_model("DescribeScalingActivities").output_shape
    start, size = int(params.get("NextToken") or 0), int(params.get("MaxResults") or 50)
    found = activities.listed(region, params.get("ResourceId"))
    more = {"NextToken": str(start + size)} if len(found) > start + size else {}
    return _answer(200, shapes.encode({"ScalingActivities": found[start : start + size], **more}, shape))


_WRAPPED: dict[str, Callable[[Region, Params, Callable[[], Answer]], Answer]] = {
    "RegisterScalableTarget": _register,
    "DeregisterScalableTarget": _deregister,
    "PutScalingPolicy": _put_policy,
    "DeleteScalingPolicy": _delete_policy,
    "DescribeScalingPolicies": _describe_policies,
    "PutScheduledAction": _put_action,
    "DescribeScalingActivities": _describe_activities,
}


def _ask_moto(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
    from moto.core.request import Request

    given = {**headers, "x-moto-account-id": hooks.account()}
    given.pop("content-length", None)
    status, answered, content = ApplicationAutoScalingResponse.dispatch(
        Request(_wsgi(method, path, given, body)),
        f"https://application-autoscaling.{hooks.region()}.amazonaws.com{path}",
        given,
    )
    encoded = content.encode() if isinstance(content, str) else content
    return int(status), {name: str(value) for name, value in answered.items()}, encoded


def _wsgi(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    names = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in headers}
    names["content-type"] = "CONTENT_TYPE"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "CONTENT_LENGTH": str(len(body)),
        **{names[name]: value for name, value in headers.items()},
    }
