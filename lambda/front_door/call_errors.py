"""How a call to AWS can fail, and the problem that each failure becomes."""

from front_door.problems import (
    DEADLINE_PASSED,
    MODEL_FAILED,
    NO_MODEL_YET,
    THROTTLED,
    UNAVAILABLE,
    UNKNOWN_VARIANT,
    Kind,
    Problem,
)


class CallError(Exception):
    """The call failed for a reason the caller of the API should know.

    CallError
    ├── NoModelYetError       the endpoint does not exist: it appears with the first approved model
    ├── VariantNotServedError the endpoint has no such variant now, though it is declared
    ├── ThrottledError        AWS throttles us; nothing ran
    ├── ModelFailedError      the model's container failed
    ├── DeadlinePassedError   no answer in time
    └── UnavailableError      no capacity, no connection, or the connection broke
        └── NotConnectedError     it broke before the request was sent
    """


class NoModelYetError(CallError): ...


class VariantNotServedError(CallError): ...


class ThrottledError(CallError): ...


class ModelFailedError(CallError):
    """`message` is the model's own, which may quote the caller's data."""

    def __init__(self, said: str, message: str = "") -> None:
        super().__init__(said)
        self.message = message


class DeadlinePassedError(CallError): ...


class UnavailableError(CallError): ...


class NotConnectedError(UnavailableError): ...


class CallRefusedError(Exception):
    """AWS refuses the call itself (access denied, bad signature): our fault, so no CallError."""


PROBLEMS: tuple[tuple[type[CallError], Kind, str], ...] = (
    (NoModelYetError, NO_MODEL_YET, "No model has been released to this endpoint. Try again once one is approved."),
    (VariantNotServedError, UNKNOWN_VARIANT, "It is not served now. Leave X-Target-Variant out, or try again later."),
    (ThrottledError, THROTTLED, "The endpoint is busy. Wait, then send the request again."),
    (ModelFailedError, MODEL_FAILED, "The model failed. Report the request id to the endpoint's owner."),
    (DeadlinePassedError, DEADLINE_PASSED, "Send fewer instances a request, or try again."),
    (UnavailableError, UNAVAILABLE, "Wait, then send the request again; one for a job with the same key."),
)


def problem_of(error: CallError, *, verbose: bool) -> Problem:
    """`verbose`: a failed model's own message is for its developer to read."""
    kind, detail = next((kind, detail) for cause, kind, detail in PROBLEMS if isinstance(error, cause))
    if verbose and isinstance(error, ModelFailedError) and error.message:
        from front_door.model_message import shown

        detail = f"The model failed: {shown(error.message)}"
    return Problem(kind, detail)
