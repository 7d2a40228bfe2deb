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
from typer.core import TyperGroup

from config import ConfigurationError, load_environment
from ops import bootstrap
from ops.api import Api
from ops.api_page.command import api_page_command
from ops.checks.row import Verdict
from ops.checks.table import count, show
from ops.command_line import (
    DataFile,
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
from ops.main_job import run_command
from ops.preflight.report import preflight
from ops.release import commands as release
from ops.reviews_file import check_data, read_reviews
from ops.session import Environment, OpsError
from ops.status import status
from ops.traffic.command import traffic_command
from ops.try_page.command import try_command
from ops.upload import upload
from ops.verify.command import verify_command

# As an operator's days go: before a deployment, data and models, what they serve, releases, and the end.
ORDER = (
    *("preflight", "check-data", "upload", "run", "pipeline", "invoke", "try", "status"),
    *("release", "traffic", "label", "compare", "verify", "api-page", "empty"),
)


class InOrder(TyperGroup):
    """Lists the commands as they are needed; the hidden ones last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, those of ORDER first."""
        return [*ORDER, *(name for name in self.commands if name not in ORDER)]


app = typer.Typer(cls=InOrder, help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(release.app, name="release")
app.add_typer(executions.app, name="pipeline")
app.command(name="run")(run_command)
app.command(name="try")(try_command)
app.command(name="api-page")(api_page_command)
app.command(name="traffic")(traffic_command)
app.command(name="compare")(compare_command)
app.command(name="label")(label_command)
app.command(name="verify")(verify_command)


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
