"""`python -m ops try`: serve the page until Ctrl-C."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from ops.api import Api
from ops.command_line import Env, open_environment, plain
from ops.session import OpsError
from ops.try_page.server import ADDRESS, TryServer


def try_command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of this machine, loopback only; 0: a free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    env: Env = "local",
) -> None:
    """A page where you type an input, and see the model's answer, its variant and how long it took."""
    environment = open_environment(env)
    try:
        server = TryServer(port, Api(environment), environment.platform.name())
    except OSError as error:
        raise OpsError(f"{ADDRESS}:{port} cannot be used: {error.strerror}. Choose another: --port 0") from None
    with server:
        plain(f"Try it at {server.url} (Ctrl-C ends it; the address is a key: keep it to yourself)")
        if open_browser:
            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            plain("Ended.")
