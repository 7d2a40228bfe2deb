"""`python -m ops api-page`: the page on standard output."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from ops.api import Api
from ops.api_page.page import page
from ops.api_page.reference import reference
from ops.command_line import open_environment
from ops.session import OpsError


def api_page_command(
    env: Annotated[str | None, typer.Option("--env", help="A deployed environment, whose own document it is.")] = None,
) -> None:
    """Print a page of all routes, schemas and problems: of a deployed API, or of the example, docs/api.html."""
    sys.stdout.write(page(_deployed(env) if env else reference()))


def _deployed(env: str) -> dict[str, object]:
    answer = Api(open_environment(env)).request("GET", "/openapi.json")
    if answer.status != 200:
        raise OpsError(f"/openapi.json answered {answer.status}: {answer.data.decode('utf-8', 'replace')}")
    found: dict[str, object] = json.loads(answer.data)
    return found
