"""EventBridge: events from services of our own, and rule targets that MiniStack does not deliver to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from local.hooks import internals, scope

_T = TypeVar("_T")
TargetFunction = Callable[[dict[str, Any], dict[str, Any]], None]

_app = internals.module("app")
_responses = internals.module("core.responses")
_evaluator = internals.module("core.iam_evaluator")
_eventbridge = internals.module("services.eventbridge")
_lambda = internals.module("services.lambda_svc")
_sns = internals.module("services.sns")
_sqs = internals.module("services.sqs")
_log = logging.getLogger("ashlar.local.events")

_targets: dict[str, TargetFunction] = {}
_ANSWER_SECONDS = 30.0


def on_event_loop(fn: Callable[[], object]) -> None:
    """Run `fn` on the event loop after what runs there now, in the current request's scope.

    MiniStack's stores are read and changed on the loop; a worker thread that iterates them would race with it.
    """
    loop: asyncio.AbstractEventLoop = _app._MAIN_LOOP
    loop.call_soon_threadsafe(fn, context=contextvars.copy_context())


def ask_event_loop(fn: Callable[[], _T]) -> _T:
    """The answer of `fn`, run on the event loop in the current request's scope; not to be called on that loop."""
    answer: concurrent.futures.Future[_T] = concurrent.futures.Future()

    def run() -> None:
        try:
            answer.set_result(fn())
        except BaseException as error:  # whatever it is, the thread that asked must hear of it
            answer.set_exception(error)

    on_event_loop(run)
    return answer.result(_ANSWER_SECONDS)


def emit_event(source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
    """Put one event of an AWS service on the default bus; PutEvents refuses sources that start with `aws.`."""
    event = {
        "EventId": _responses.new_uuid(),
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "EventBusName": "default",
        "Time": int(time.time()),
        "Resources": list(resources),
        "Account": scope.account(),
        "Region": scope.region(),
    }

    def dispatch() -> None:
        view = _eventbridge._pattern_event_view(event)
        _eventbridge._dispatch_event(event, view)
        _eventbridge._archive_event(event, view)

    on_event_loop(dispatch)


def event_target(service: str, fn: TargetFunction) -> None:
    """Deliver to rule targets whose ARN is of `service` by calling `fn(target, event)` in a thread of its own.

    `target` is as PutTargets got it (Arn, RoleArn, SageMakerPipelineParameters, ...), except that pipeline parameter
    values that start with `$.` are replaced by what that JSON path finds in the event.
    """
    _targets[service] = fn


def _resolve(value: str, event: Mapping[str, Any]) -> str:
    if not value.startswith("$."):
        return value
    found: Any = event
    for part in value[2:].split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, str) else json.dumps(found)


def _with_resolved_parameters(target: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    given = target.get("SageMakerPipelineParameters")
    if not given:
        return dict(target)
    parameters = [
        {"Name": p["Name"], "Value": _resolve(p["Value"], event)} for p in given.get("PipelineParameterList", [])
    ]
    return {**target, "SageMakerPipelineParameters": {"PipelineParameterList": parameters}}


def _may_deliver(target_arn: str, rule: Mapping[str, Any]) -> bool:
    """Whether the policy of a queue, topic or function lets EventBridge in for this rule."""
    service = (target_arn.split(":") + [""] * 3)[2]
    given = (target_arn, "events.amazonaws.com", rule["Arn"], scope.account())
    if service == "sqs":
        return bool(_sqs.queue_policy_allows(*given))
    if service == "sns":
        return bool(_sns.topic_policy_allows(*given))
    return service != "lambda" or function_lets_in(*given)


def function_lets_in(arn: str, service: str, source_arn: str, account: str) -> bool:
    """Whether the policy of a function, version or alias lets a service in, for this source."""
    found = _lambda.function_policy_for_arn(arn)
    context = _evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=arn,
        region=scope.region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    decided = _evaluator.evaluate_resource_policy(found[0] if found else None, context, service=service)
    return bool(decided.decision == "Allow")


def _give_up(target: Mapping[str, Any], event: dict[str, Any], rule: Mapping[str, Any], view: Any) -> None:
    """An event that may not be delivered goes to the target's dead-letter queue, if that lets EventBridge in."""
    _log.warning("EventBridge may not deliver to %s: its policy does not let the rule in.", target["Arn"])
    queue = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if queue and _may_deliver(queue, rule):
        payload = json.dumps((view or _eventbridge._pattern_event_view(event)).event_with_detail())
        _eventbridge._dispatch_to_sqs(_eventbridge.parse_arn(queue), payload)


def _invoke_function(arn: str, payload: str) -> None:
    """EventBridge invokes asynchronously, so Lambda tries a function that failed again."""
    function, config, _name = _lambda._get_func_record_for_ref(arn)
    if not function or not config:
        _log.warning("EventBridge could not invoke %s: there is no such function.", arn)
        return
    _lambda.invoke_async_with_retry(_lambda._execution_record_for_config(function, config), json.loads(payload))


def _install() -> None:
    original = _eventbridge._invoke_target

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        service = (str(target.get("Arn", "")).split(":") + [""] * 3)[2]
        ours = _targets.get(service)
        if ours is None:
            if _may_deliver(str(target.get("Arn", "")), rule):
                original(target, event, rule, view)
            else:
                _give_up(target, event, rule, view)
            return
        payload = (view or _eventbridge._pattern_event_view(event)).event_with_detail()
        delivery = scope.in_request_scope(ours)
        resolved = _with_resolved_parameters(target, payload)
        threading.Thread(target=delivery, args=(resolved, payload), name=f"event-target-{service}", daemon=True).start()

    _eventbridge._invoke_target = invoke_target
    _eventbridge._dispatch_to_lambda = _invoke_function


_install()
