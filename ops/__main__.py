"""`python -m ops`: data in, executions, predictions, releases, traffic, comparison, verification, and taking down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from config import ConfigurationError, load_environment
from config.schema.variant import Served
from ops import bootstrap
from ops.api import Api
from ops.checks.row import Verdict
from ops.checks.table import count, show
from ops.command_line import (
    Endpoint,
    Env,
    MfaSerial,
    MfaToken,
    Model,
    console,
    known,
    open_environment,
    second_factor_of,
)
from ops.compare.commands import compare_command, label_command
from ops.empty import empty, stop_pipelines
from ops.executions import commands as executions
from ops.invoke import Report, batch_size, invoke_file
from ops.pipeline import find_execution, follow, registered_packages
from ops.preflight.report import preflight
from ops.release import commands as release
from ops.release.follow import follow_release
from ops.reviews_file import check_data, read_reviews
from ops.session import Environment, OpsError
from ops.status import status
from ops.traffic.command import traffic_command
from ops.upload import upload
from ops.verify.command import verify_command

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(release.app, name="release")
app.add_typer(executions.app, name="pipeline")
app.command(name="traffic")(traffic_command)
app.command(name="compare")(compare_command)
app.command(name="label")(label_command)
app.command(name="verify")(verify_command)
DataFile = Annotated[Path, typer.Option("--data", help="CSV file of raw data, gzipped or not.")]

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


@app.command(name="check-data")
def check_data_command(file: Annotated[Path, typer.Argument(help="CSV file of reviews, gzipped or not.")]) -> None:
    """Say whether the pipeline would take a file, by every rule it reads by; needs no environment and no AWS."""
    console.print(f"{escape(str(file))}: {check_data(file)} rows")


@app.command(name="bootstrap-arguments", hidden=True)
def bootstrap_arguments_command(outputs: Path) -> None:
    """What `make bootstrap` gives to `cdk bootstrap`, from the outputs of the bootstrap stack."""
    console.print(" ".join(bootstrap.arguments(outputs)))


@app.command(name="bootstrap-policy", hidden=True)
def bootstrap_policy_command(assembly: Path, env: Env = "local") -> None:
    """The permissions boundary and CloudFormation's execution policies, as JSON by name."""
    print(json.dumps(bootstrap.policies(assembly, load_environment(env)), indent=2))


@app.command(name="preflight")
def preflight_command(env: Env = "local") -> None:
    """Say whether a deployment would fail in this account: credentials, quotas, bootstrap, and what exists already."""
    # Whose credentials these are is its first question.
    rows = preflight(Environment(load_environment(env), check_account=False))
    file = Path(f"config/environments/{env}.yaml")
    show(console, rows, lambda row: row.finding.line(file) if row.finding else "")
    if count(rows, Verdict.ERROR):
        raise OpsError(f"{count(rows, Verdict.ERROR)} of {len(rows)} checks failed: mend them, then deploy.")
    console.print(f"{len(rows)} checks, {count(rows, Verdict.WARNING)} warnings: nothing known would make it fail.")


@app.command(name="upload")
def upload_command(
    model: Model, data: DataFile, env: Env = "local", mfa_serial: MfaSerial = None, mfa_token: MfaToken = None
) -> None:
    """Upload a batch of raw data and mark it ready, which starts the model's pipeline."""
    environment = open_environment(env, second_factor_of(mfa_serial, mfa_token))
    known(model, list(environment.platform.models), "model")
    console.print(upload(environment, model, data))


@app.command()
def run(
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
    for step, state, detail in follow(environment, execution):
        console.print(f"  {step:<20} {state:<10} {escape(detail)}".rstrip())
    registered = registered_packages(environment, execution)
    if environment.platform.models[model].approval == "manual":
        _how_to_approve(environment, registered)
        return
    for endpoint in _endpoints_of(environment, model):
        for state in follow_release(environment, endpoint, registered):
            console.print(f"Release of {endpoint}: {state}")
        _sample_predictions(environment, endpoint)


@app.command()
def invoke(
    endpoint: Endpoint,
    file: Annotated[Path, typer.Option("--file", help="CSV file of reviews, gzipped or not.")],
    out: Annotated[Path, typer.Option("--out", help="JSON lines, one for each row.")] = Path("predictions.jsonl"),
    batch: Annotated[int | None, typer.Option("--batch", min=1, max=1000, help="Rows in one request.")] = None,
    env: Env = "local",
) -> None:
    """Send every row of a file through the API; with ratings, say how well the answers fit them."""
    total = sum(1 for _ in read_reviews(file))
    environment = open_environment(env)
    known(endpoint, list(environment.platform.endpoints), "endpoint")
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"{total} rows", total=total)
        report = invoke_file(
            Api(environment), endpoint, file, out, batch or batch_size(total), lambda n: progress.advance(task, n)
        )
    console.print(f"{report.rows} rows, {report.errors} without text, {report.requests.total()} requests -> {out}")
    _print_report(report)


@app.command(name="status")
def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False, env: Env = "local"
) -> None:
    """The API's URL, the endpoints, their variants, what is declared for them and what they serve."""
    found = status(open_environment(env))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    console.print(f"API {found['api_url']}")
    for name, endpoint in found["endpoints"].items():
        console.print(f"Endpoint {name}: {endpoint['status']} ({endpoint['stack_status']})")
        table = Table("variant", "weight", "instances", "declared", "serving")
        for variant, its in endpoint["variants"].items():
            serving = "\n".join(its["serving"]) or "none"
            table.add_row(variant, f"{its['weight']:g}", str(its["instances"]), its["declared"], serving)
        console.print(table)


@app.command(name="empty")
def empty_command(env: Env = "local", mfa_serial: MfaSerial = None, mfa_token: MfaToken = None) -> None:
    """Make `make destroy` possible: stop running pipelines and, unless the environment retains it, delete its data."""
    environment = open_environment(env, second_factor_of(mfa_serial, mfa_token))
    stop_pipelines(environment, console.print)
    if environment.platform.retain_data:
        console.print(f"Environment {env} retains its data; its buckets, keys and packages stay.")
        return
    removed = empty(environment, console.print)
    console.print("Removed " + ", ".join(f"{count} {what}" for what, count in removed.items()))


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


def _print_report(report: Report) -> None:
    for variant in sorted(report.requests):
        console.print(f"variant {variant}: {report.requests[variant]} requests, {report.share(variant):.1%}")
    if report.pairs:
        console.print(
            f"accuracy {report.accuracy():.4f}  macro-F1 {report.macro_f1():.4f}  ({report.pairs.total()} rows)"
        )


def main() -> int:
    """Run one command; what an operator can mend is one message on stderr and exit code 1."""
    try:
        app()
    except (OpsError, ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, Boto3Error, ClientError) as error:
        # AWS's own words name the operation and what it was denied.
        print(f"AWS: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
