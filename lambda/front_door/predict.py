"""One prediction: a checked body in, the model's predictions out, every failure as a Problem."""

from dataclasses import dataclass
from typing import Any

from front_door import strict_json
from front_door.endpoint_client import (
    Answer,
    DeadlinePassedError,
    EndpointClient,
    EndpointError,
    ModelFailedError,
    NoModelYetError,
    ThrottledError,
    UnavailableError,
)
from front_door.problems import DEADLINE_PASSED, MODEL_FAILED, NO_MODEL_YET, THROTTLED, UNAVAILABLE, Kind, Problem

PROBLEMS: tuple[tuple[type[EndpointError], Kind, str], ...] = (
    (NoModelYetError, NO_MODEL_YET, "No model has been released to this endpoint. Try again once one is approved."),
    (ThrottledError, THROTTLED, "The endpoint is busy. Wait, then send the request again."),
    (ModelFailedError, MODEL_FAILED, "The model failed. Report the request id to the endpoint's owner."),
    (DeadlinePassedError, DEADLINE_PASSED, "Send fewer instances a request, or try again."),
    (UnavailableError, UNAVAILABLE, "Wait, then send the request again; predicting twice is safe."),
)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The response: one `{"label": int, "probabilities": {label: float}}` for each instance, in their order."""

    predictions: list[dict[str, Any]]
    variant: str
    model_package: str

    def document(self) -> dict[str, Any]:
        """The response's JSON document."""
        return {"predictions": self.predictions, "variant": self.variant, "model_package": self.model_package}


def predict(
    client: EndpointClient, hosted: str, body: bytes, *, instances: int, request_id: str, deadline: float
) -> Prediction:
    """Ask the SageMaker endpoint `hosted`; `body` holds `instances` instances. Raises Problem."""
    try:
        answer = client.invoke(hosted, body, inference_id=request_id, deadline=deadline)
    except EndpointError as error:
        raise next(Problem(kind, detail) for cause, kind, detail in PROBLEMS if isinstance(error, cause)) from error
    return _read(answer, instances)


def _read(answer: Answer, instances: int) -> Prediction:
    """The model's own JSON, `{"predictions": [...], "model_package": "..."}`. Raises Problem (502) if it is not."""
    try:
        document = strict_json.loads(answer.body)
        predictions, package = document["predictions"], document["model_package"]
    except (strict_json.InvalidJsonError, TypeError, KeyError) as error:
        raise _unusable("is not the JSON object that the API promises") from error
    if not isinstance(predictions, list) or not all(_is_prediction(item) for item in predictions):
        raise _unusable("has predictions without a label and probabilities")
    if len(predictions) != instances:
        raise _unusable(f"has {len(predictions)} predictions for {instances} instances")
    if not isinstance(package, str) or not package or not answer.variant:
        raise _unusable("does not say which model package and variant gave it")
    # The name and version of a package are for everyone; an ARN would tell strangers the account as well.
    return Prediction(predictions, answer.variant, package.rpartition(":model-package/")[2])


def _is_prediction(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("label"), int) and isinstance(item.get("probabilities"), dict)


def _unusable(fault: str) -> Problem:
    return Problem(MODEL_FAILED, f"The model's answer {fault}. Report the request id to the endpoint's owner.")
