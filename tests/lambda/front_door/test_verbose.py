"""A model's own message: for its developer in development, for nobody elsewhere, and never with the inside."""

import json

import pytest
from front_door.model_message import LONGEST, shown

from .door import DECLARED, assert_is_problem, environment, started
from .stub_runtime import Reply, StubRuntime, answer, predictions

TRACEBACK = """Traceback (most recent call last):
  File "/opt/ml/model/code/inference.py", line 3, in input_fn
ValueError: instances[1].text must be a text, says arn:aws:iam::111122223333:role/x of 111122223333
"""


def failed(message: str) -> Reply:
    """As SageMaker tells of a container that failed."""
    document = {"__type": "ModelError", "OriginalStatusCode": 500, "OriginalMessage": message}
    return Reply(424, json.dumps(document).encode())


@pytest.mark.parametrize("verbose", [True, False])
def should_tell_the_models_message_where_it_may(
    runtime: StubRuntime, verbose: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime.always = failed(TRACEBACK)
    with started(environment(runtime.url), DECLARED | {"verbose_errors": verbose}) as door:
        response = door.send()

    assert_is_problem(response, 502, "model-failed")
    assert ("ValueError: instances[1].text must be" in response.document["detail"]) == verbose
    # The log is read by more people than the one who asked.
    assert "instances[1]" not in capsys.readouterr().out


@pytest.mark.parametrize("message", ["", " \n"])
def should_say_only_that_it_failed_when_it_said_nothing(runtime: StubRuntime, message: str) -> None:
    runtime.always = failed(message)
    with started(environment(runtime.url), DECLARED | {"verbose_errors": True}) as door:
        assert_is_problem(door.send(), 502, "model-failed")


@pytest.mark.parametrize("verbose", [True, False])
def should_say_how_an_answer_breaks_its_promise_where_it_may(runtime: StubRuntime, verbose: bool) -> None:
    broken = [predictions(1)[0], {**predictions(1)[0], "secret": 1}]
    runtime.always = answer({"predictions": broken, "model_package": "p/1"})
    with started(environment(runtime.url), DECLARED | {"verbose_errors": verbose}) as door:
        response = door.send()

    assert_is_problem(response, 502, "model-failed")
    assert "/predictions/1" in response.document["detail"]
    assert ("secret" in response.document["detail"]) == verbose


def should_show_the_last_line_without_arns_and_accounts() -> None:
    assert shown(TRACEBACK) == "ValueError: instances[1].text must be a text, says [ARN] of [account]"
    assert shown("") == ""
    assert len(shown("x" * 9999)) == LONGEST + 1
