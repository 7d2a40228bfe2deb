"""The local cloud's process: MiniStack with Ashlar's extension, on loopback, over TLS, with IAM enforced.

Started by `python -m local start`, which hands it a listening socket and its state directory:

    python -m local.server --state DIR --socket FD --confirmed FD --region eu-west-1

It serves for as long as the state directory records it: a server that nobody can find, nobody could stop.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from local import processes, state_directory, tls
from local.environment import ACCOUNT

# MiniStack answers these without authentication and changes or tells its state by them.
_OPEN_PATHS = (
    "/_ministack/health",
    "/_ministack/cfn-response/",
    "/_ministack/cfn-signal/",
    "/_aws/execute-api/",
)


_GRACE_SECONDS = 1.0
_LOOK_AT_RECORD_EVERY_SECONDS = 1.0


def configure(state: Path, port: int, region: str) -> None:
    """Set the environment that MiniStack reads when it is imported, and that Lambda functions inherit."""
    certificates = state / "tls"
    os.environ.update(
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="localhost",
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=region,
        AUTH="true",
        CLOUDTRAIL_RECORDING="1",
        USE_SSL="1",
        MINISTACK_SSL_CERT=str(certificates / "server.pem"),
        MINISTACK_SSL_KEY=str(certificates / "server.key"),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        # MiniStack removes containers it takes for its own from any Docker daemon it reaches; we run none.
        DOCKER_HOST="unix:///nonexistent/ashlar-uses-no-docker.sock",
        LOG_LEVEL="WARNING",
        ASHLAR_LOCAL_STATE=str(state),
        AWS_DEFAULT_REGION=region,
        AWS_S3_FORCE_PATH_STYLE="1",
        **dict.fromkeys(
            ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
            str(certificates / "ca.pem"),
        ),
    )


def guarded(app: Any) -> Any:
    """`app` without MiniStack's unauthenticated administration: reset, configuration, mail and queue viewers."""

    async def guard(scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        administrative = path.startswith(("/_", "/health")) and not path.startswith(_OPEN_PATHS)
        if scope["type"] != "http" or not administrative:
            await app(scope, receive, send)
            return
        message = f"{path} is MiniStack's own interface without authentication; the local cloud does not offer it."
        body = json.dumps({"message": message}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return guard


async def serve(listener: socket.socket, state: Path) -> None:
    """Serve until SIGTERM, SIGINT or the loss of our record; then finish open requests and end every child process."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    from local import cloudformation, event_targets, hooks, iam_requests, log_requests, passed_roles, sagemaker
    from local.sagemaker.timing import timing

    hooks.check()
    cloudformation.install()
    event_targets.install()
    iam_requests.install()
    log_requests.install()
    passed_roles.install()
    sagemaker.install()
    hooks.watch_alarms(timing().time_factor)

    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    watch = asyncio.create_task(_stop_without_record(state, stopping))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.certfile, config.keyfile = str(state / "tls/server.pem"), str(state / "tls/server.key")
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.loglevel = "WARNING"
    serving = asyncio.create_task(hypercorn_serve(guarded(hooks.asgi_app()), config, shutdown_trigger=stopping.wait))
    await asyncio.wait({serving, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    sagemaker.shut_down()
    # A client that keeps an idle TLS connection open would hold the server for half a minute.
    await asyncio.wait({serving}, timeout=_GRACE_SECONDS)
    watch.cancel()


def is_recorded(state: Path) -> bool:
    """Whether the state directory still names this process; after a removal it may be another server's by now."""
    return (state_directory.read_record(state) or {}).get("pid") == os.getpid()


async def _stop_without_record(state: Path, stopping: asyncio.Event) -> None:
    while is_recorded(state):
        # No event tells of a removed file on every system.
        await asyncio.sleep(_LOOK_AT_RECORD_EVERY_SECONDS)
    stopping.set()


def end_children(state: Path, job_root: Path) -> None:
    """End jobs and model servers, which lead groups of their own, and Lambda workers, which are in ours."""
    record = state_directory.read_record(state)
    if record is None or is_recorded(state):
        processes.end_recorded(state)
        processes.end_marked([state, job_root])
    if record is None:
        state_directory.remove_job_root(job_root, state)
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        processes.signal_group(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Read the command line, serve, and leave no process behind."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of a listening socket")
    parser.add_argument("--confirmed", type=int, required=True, help="file descriptor that tells of our record")
    parser.add_argument("--region", required=True)
    arguments = parser.parse_args()
    if not os.read(arguments.confirmed, 1):
        sys.exit("The launcher ended before it had recorded this process.")
    os.close(arguments.confirmed)
    job_root = state_directory.job_root(arguments.state)
    listener = socket.socket(fileno=arguments.socket)
    tls.create(arguments.state / "tls")
    configure(arguments.state, listener.getsockname()[1], arguments.region)
    try:
        asyncio.Runner().run(serve(listener, arguments.state))
    finally:
        end_children(arguments.state, job_root)
    # All state is in memory and goes with the process; threads that still wait for something must not hold it.
    os._exit(0)


if __name__ == "__main__":
    main()
