"""How each type of step is carried out: with the pipeline role's credentials, so that IAM decides as it does in AWS."""

import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import jobs
from local.sagemaker.pipelines.conditions import hold
from local.sagemaker.pipelines.definition import Step
from local.sagemaker.pipelines.expressions import Scope
from local.sagemaker.state import Region

Json = dict[str, Any]


class StepError(Exception):
    """The step ends as Failed; `str()` is its FailureReason."""


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


def job_name(execution_id: str, step: str) -> str:
    """Return the name that SageMaker gives a step's job: 63 characters at most."""
    suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))
    return f"pipelines-{execution_id}-{step[:20]}-{suffix}"


def run(step: Step, context: Context) -> Json:
    """Carry out a step and return its properties, which later steps may refer to."""
    return _RUNNERS[step.type](step, context)


def _job(step: Step, context: Context) -> Json:
    name = job_name(context.execution_id, step.name)
    kind = step.type  # Processing or Training
    arguments = context.scope.evaluate(step.arguments)
    client = context.client("sagemaker")
    create = getattr(client, f"create_{kind.lower()}_job")
    stop = getattr(client, f"stop_{kind.lower()}_job")
    answer = _call(f"Create{kind}Job", create, {f"{kind}JobName": name, **arguments})
    context.note(step, **{f"{kind}Job": {"Arn": answer[f"{kind}JobArn"]}})
    job = jobs.find(answer[f"{kind}JobArn"])
    if job is None:
        raise StepError(f"InternalServerError: {name} was lost")
    context.on_stop(step, lambda: stop(**{f"{kind}JobName": name}))
    job.finished.wait()
    status = job.record[f"{kind}JobStatus"]
    if status == "Stopped" and context.is_stopping():
        raise StepStoppedError
    if status != "Completed":
        raise StepError(job.record.get("FailureReason") or f"ClientError: {name} ended as {status}")
    return job.record


def _condition(step: Step, context: Context) -> Json:
    try:
        outcome = hold(step.arguments["Conditions"], context.scope.evaluate)
    except TypeError as error:
        raise StepError(f"ClientError: The values of the condition cannot be compared: {error}") from error
    context.note(step, Condition={"Outcome": str(outcome)})
    return {"Outcome": outcome}


def _fail(step: Step, context: Context) -> Json:
    message = str(context.scope.evaluate(step.arguments["ErrorMessage"]))
    context.note(step, Fail={"ErrorMessage": message})
    raise StepError(message)


def _register(step: Step, context: Context) -> Json:
    arguments = context.scope.evaluate(step.arguments)
    answer = _call("CreateModelPackage", context.client("sagemaker").create_model_package, arguments)
    context.note(step, RegisterModel={"Arn": answer["ModelPackageArn"]})
    return {"ModelPackageArn": answer["ModelPackageArn"], "ModelPackageName": answer["ModelPackageArn"], **arguments}


def _call(operation: str, call: Callable[..., Any], arguments: Mapping[str, Any]) -> Json:
    try:
        return dict(call(**arguments))
    except (ClientError, BotoCoreError) as error:
        raise StepError(f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error}") from error


_RUNNERS: Mapping[str, Callable[[Step, Context], Json]] = {
    "Processing": _job,
    "Training": _job,
    "Condition": _condition,
    "Fail": _fail,
    "RegisterModel": _register,
}
