"""`python -m ops run`: from a file of data to predictions of what was made from it."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from config.schema.variant import Served
from ops.api import Api
from ops.command_line import (
    DataFile,
    Env,
    MfaSerial,
    MfaToken,
    Model,
    console,
    known,
    open_environment,
    second_factor_of,
)
from ops.pipeline import find_execution, follow, registered_packages
from ops.release.follow import follow_release
from ops.reviews_file import check_data
from ops.session import Environment
from ops.upload import upload

SAMPLES = [
    {
        "title": "So glad I bought it",
        "text": "I love this dress. The fabric is soft, it is so comfortable, and it fits like it was made for me.",
    },
    {
        "title": "On the fence",
        "text": "The color is nice, but the cut is boxy on me and I am still deciding whether to keep it.",
    },
    {
        "title": "Disappointed",
        "text": "The fabric is scratchy and thin, a seam ripped and I returned it the same day. A waste of money.",
    },
]


def run_command(
    model: Model, data: DataFile, env: Env = "local", mfa_serial: MfaSerial = None, mfa_token: MfaToken = None
) -> None:
    """The main job: upload data, follow the pipeline and the release, and ask the API for three predictions."""
    check_data(data)
    environment = open_environment(env, second_factor_of(mfa_serial, mfa_token))
    known(model, list(environment.platform.models), "model")
    marker = upload(environment, model, data)
    console.print(f"Uploaded {data} as {marker}")
    execution = find_execution(environment, model, marker)
    console.print(f"Pipeline execution {execution.rsplit('/', 1)[-1]}")
    for step, state, detail in follow(environment, model, execution):
        console.print(f"  {step:<20} {state:<10} {escape(detail)}".rstrip())
    registered = registered_packages(environment, execution)
    if environment.platform.models[model].approval == "manual":
        _how_to_approve(environment, registered)
        return
    for endpoint in _endpoints_of(environment, model):
        for state in follow_release(environment, endpoint, registered):
            console.print(f"Release of {endpoint}: {state}")
        _sample_predictions(environment, endpoint)


def _endpoints_of(environment: Environment, model: str) -> list[str]:
    """The endpoints with a variant of a model."""
    endpoints = environment.platform.endpoints.items()
    return [name for name, its in endpoints if any(_is_of(served, model) for served in its.served.values())]


def _is_of(served: Served, model: str) -> bool:
    return served.released is not None and served.released.model == model


def _how_to_approve(environment: Environment, registered: list[str]) -> None:
    """The commands that release what was registered, for a person who has looked at it."""
    console.print("The passed candidates wait for approval in the model registry. Approve with")
    for arn in registered:
        approve = ("--model-package-arn", arn, "--model-approval-status", "Approved")
        console.print(f"  {environment.aws_cli('sagemaker', 'update-model-package', *approve)}", markup=False)
    console.print("and see what is served with")
    console.print(f"  {environment.command('status')}")


def _sample_predictions(environment: Environment, endpoint: str) -> None:
    """Three reviews, one request each, and what to do next."""
    api = Api(environment)
    console.print(f"Predictions from {environment.api_url}/endpoints/{endpoint}/predictions")
    for sample in SAMPLES:
        answer = api.predict(endpoint, [sample])
        console.print(_prediction(sample["title"], answer))
    console.print("Go on with")
    invocation = environment.command("invoke", endpoint, "--file", "FILE.csv", "--out", "predictions.jsonl")
    console.print(f"  {invocation}")
    console.print(f"  {environment.command('status')}")
    console.print(f"  make destroy ENV={environment.platform.environment}")


def _prediction(title: str, answer: dict[str, Any]) -> str:
    prediction = answer["predictions"][0]
    probabilities = "  ".join(f"{label}: {p:.3f}" for label, p in prediction["probabilities"].items())
    return (
        f"  {title!r:<22} label {prediction['label']:>2}  probabilities {probabilities}  "
        f"variant {answer['variant']}  model package {answer['model_package']}"
    )
