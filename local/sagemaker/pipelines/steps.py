"""How each type of step is carried out: with the pipeline role's credentials, so that IAM decides as it does in AWS."""

import json
import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import jobs
from local.sagemaker.pipelines import retries
from local.sagemaker.pipelines.conditions import hold
from local.sagemaker.pipelines.definition import Step
from local.sagemaker.pipelines.expressions import Scope
from local.sagemaker.state import Region

Json = dict[str, Any]
_LONGEST_NAME = 63
_LONGEST_TUNING_NAME = 32
_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}


class StepError(Exception):
    """The step ends as Failed; `str()` is its FailureReason, `kind` the exception type that a retry policy names."""

    def __init__(self, reason: str, kind: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind


class StepStoppedError(Exception):
    """The step's job was stopped together with its execution."""


class Context(Protocol):
    """What a step needs of its execution."""

    region: Region
    execution_id: str
    scope: Scope

    def client(self, service: str) -> Any:
        """Return a client that acts as the pipeline's role."""

    def note(self, step: Step, **metadata: Any) -> None:
        """Show metadata of a running step to ListPipelineExecutionSteps."""

    def on_stop(self, step: Step, stop: Callable[[], object]) -> None:
        """Call `stop` when the execution is stopped while the step runs, or at once if it is stopped already."""

    def is_stopping(self) -> bool:
        """Return whether the execution is being stopped."""


def job_name(execution_id: str, step: str, longest: int = _LONGEST_NAME) -> str:
    """Return the name that SageMaker gives a step's job; that of a tuning job is the shortest."""
    suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))
    if longest == _LONGEST_TUNING_NAME:
        return f"{execution_id}-{step[:8].strip('-')}-{suffix}"
    return f"pipelines-{execution_id}-{step[:20].strip('-')}-{suffix}"


def run(step: Step, arguments: Json, context: Context) -> Json:
    """Carry out a step with its resolved arguments and return its properties, which later steps may refer to."""
    return _RUNNERS[step.type](step, arguments, context)


def _job(step: Step, arguments: Json, context: Context) -> Json:
    kind = "HyperParameterTuning" if step.type == "Tuning" else step.type
    name = job_name(context.execution_id, step.name, _LONGEST_TUNING_NAME if step.type == "Tuning" else _LONGEST_NAME)
    client = context.client("sagemaker")
    snake = "hyper_parameter_tuning" if step.type == "Tuning" else kind.lower()
    create, stop = getattr(client, f"create_{snake}_job"), getattr(client, f"stop_{snake}_job")
    answer = _call(f"Create{kind}Job", create, {f"{kind}JobName": name, **arguments})
    context.note(step, **{f"{step.type}Job": {"Arn": answer[f"{kind}JobArn"]}})
    job = jobs.find(answer[f"{kind}JobArn"])
    if job is None:
        raise StepError(f"InternalServerError: {name} was lost")
    context.on_stop(step, lambda: stop(**{f"{kind}JobName": name}))
    job.finished.wait()
    status = job.record[f"{kind}JobStatus"]
    if status == "Stopped" and context.is_stopping():
        raise StepStoppedError
    if status != "Completed":
        reason = job.record.get("FailureReason") or _why_stopped(name, job.record)
        # Training jobs of a tuning job are tried again by itself, or not at all.
        raise StepError(reason, None if step.type == "Tuning" else retries.kind_of_reason(reason))
    return job.record


def _why_stopped(name: str, record: Json) -> str:
    exceeded = {
        "MaxRuntimeExceeded": "it ran longer than MaxRuntimeInSeconds; raise the limit or make the job smaller",
        "MaxWaitTimeExceeded": "spot capacity did not suffice within MaxWaitTimeInSeconds; raise it or train on demand",
    }
    why = exceeded.get(record.get("SecondaryStatus", ""), "somebody stopped it")
    return f"ClientError: {name} ended as Stopped: {why}."


def _model(step: Step, arguments: Json, context: Context) -> Json:
    name = job_name(context.execution_id, step.name)
    answer = _call("CreateModel", context.client("sagemaker").create_model, {"ModelName": name, **arguments})
    context.note(step, Model={"Arn": answer["ModelArn"]})
    return {**arguments, "ModelName": name, "ModelArn": answer["ModelArn"]}


def _lambda(step: Step, arguments: Json, context: Context) -> Json:
    payload = json.dumps(arguments).encode()
    invoke = context.client("lambda").invoke
    answer = _call("Invoke", invoke, {"FunctionName": step.function, "Payload": payload}, service="lambda")
    text = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise StepError(f"ClientError: The function {step.function} failed: {_error_message(text)} See its log.")
    outputs = _function_outputs(step, text)
    listed = [{"Name": name, "Value": str(value)} for name, value in outputs.items()]
    context.note(step, Lambda={"Arn": step.function, "OutputParameters": listed})
    return {"OutputParameters": outputs}


def _error_message(text: str) -> str:
    try:
        content = json.loads(text)
        return f"{content['errorType']}: {content['errorMessage']}"
    except (ValueError, LookupError, TypeError):
        return text[:500]


def _function_outputs(step: Step, text: str) -> Json:
    """Return the declared output parameters; StepError for an answer that lacks one or has it with another type."""
    answered = json.loads(text or "null")
    outputs: Json = {}
    for output in step.outputs:
        name, kind = output["OutputName"], output["OutputType"]
        if not isinstance(answered, dict) or name not in answered:
            raise StepError(f"ClientError: The function {step.function} answered no {name}, an output parameter.")
        try:
            outputs[name] = _CONVERTERS[kind](answered[name])
        except (TypeError, ValueError) as error:
            raise StepError(f"ClientError: {name}, {answered[name]!r}, is not of OutputType {kind}.") from error
    return outputs


def _condition(step: Step, arguments: Json, context: Context) -> Json:
    try:
        outcome = hold(arguments["Conditions"], context.scope.evaluate)
    except TypeError as error:
        raise StepError(f"ClientError: The values of the condition cannot be compared: {error}") from error
    context.note(step, Condition={"Outcome": str(outcome)})
    return {"Outcome": outcome}


def _fail(step: Step, arguments: Json, context: Context) -> Json:
    message = str(arguments["ErrorMessage"])
    context.note(step, Fail={"ErrorMessage": message})
    raise StepError(message)


def _register(step: Step, arguments: Json, context: Context) -> Json:
    answer = _call("CreateModelPackage", context.client("sagemaker").create_model_package, arguments)
    context.note(step, RegisterModel={"Arn": answer["ModelPackageArn"]})
    return {"ModelPackageArn": answer["ModelPackageArn"], "ModelPackageName": answer["ModelPackageArn"], **arguments}


def _call(
    operation: str, call: Callable[..., Any], arguments: Mapping[str, Any], *, service: str = "sagemaker"
) -> Json:
    try:
        return dict(call(**arguments))
    except ClientError as error:
        reason = f"ClientError: Failed to invoke {service}:{operation}. Error Details: {error}"
        raise StepError(reason, retries.kind_of_code(error.response["Error"]["Code"])) from error
    except BotoCoreError as error:
        raise StepError(f"ClientError: Failed to invoke {service}:{operation}. Error Details: {error}") from error


_RUNNERS: Mapping[str, Callable[[Step, Json, Context], Json]] = {
    **dict.fromkeys(("Processing", "Training", "Tuning", "Transform"), _job),
    "Model": _model,
    "Lambda": _lambda,
    "Condition": _condition,
    "Fail": _fail,
    "RegisterModel": _register,
}
