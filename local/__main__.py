"""The local cloud's command line.

python -m local start             start it, or find it running
python -m local status            exit code 0 when it runs, 3 when not
python -m local exec -- COMMAND   run COMMAND against it, out of reach of any AWS account
python -m local stop              end it with all its processes, and remove its state
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from local import launcher
from local.environment import client_environment
from local.launcher import LocalCloudError

_NOT_RUNNING = 3
_HIGHEST_PORT = 65535


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--state", type=Path, help="state directory (ASHLAR_LOCAL_STATE; default local/.state)")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", parents=[options], help="start the local cloud, or find it running")
    start.add_argument("--port", help="port; 0 for any free one (ASHLAR_LOCAL_PORT; default 4701)")
    start.add_argument("--region", default="eu-west-1", help="region of everything deployed (default eu-west-1)")
    commands.add_parser("stop", parents=[options], help="end it with all its processes, and remove its state")
    commands.add_parser("status", parents=[options], help="tell whether it runs")
    run = commands.add_parser("exec", parents=[options], help="run a command against it")
    run.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return parser


def _state(arguments: argparse.Namespace) -> Path:
    given = arguments.state or os.environ.get("ASHLAR_LOCAL_STATE") or launcher.REPOSITORY / "local/.state"
    return Path(given).resolve()


def _port(arguments: argparse.Namespace) -> int:
    given = arguments.port or os.environ.get("ASHLAR_LOCAL_PORT") or "4701"
    if not given.isascii() or not given.isdigit() or int(given) > _HIGHEST_PORT:
        raise LocalCloudError(f"{given!r} is no port: give a number from 0 (any free one) to {_HIGHEST_PORT}.", 2)
    return int(given)


def _start(arguments: argparse.Namespace) -> int:
    server, started = launcher.start(_state(arguments), _port(arguments), arguments.region)
    print(f"The local cloud is {'running' if started else 'already running'} at {server.url} ({server.region}).")
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    stopped = launcher.stop(_state(arguments))
    print("The local cloud is stopped; its state is removed." if stopped else "The local cloud was not running.")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    state = _state(arguments)
    server = launcher.find(state)
    if server and launcher.healthy(server, state):
        print(f"The local cloud is running at {server.url} ({server.region}), process {server.pid}.")
        return 0
    print("The local cloud is not running." if not server else f"Process {server.pid} runs but does not answer.")
    return _NOT_RUNNING


def _exec(arguments: argparse.Namespace) -> int:
    state = _state(arguments)
    server = launcher.find(state)
    if not server:
        raise LocalCloudError("The local cloud is not running. Start it: python -m local start", _NOT_RUNNING)
    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        raise LocalCloudError("No command given: python -m local exec -- COMMAND [ARGUMENT ...]", 2)
    environment = client_environment(state, server.url, server.region, os.environ)
    executable = shutil.which(program[0], path=environment.get("PATH"))
    if not executable:
        raise LocalCloudError(f"{program[0]}: no such command on PATH.", 127)
    os.execve(executable, program, environment)  # noqa: S606  # nosec B606 # our own or the user's own command, no shell


def main() -> int:
    """Run one command; an expected failure is one message on stderr."""
    arguments = _parser().parse_args()
    try:
        return {"start": _start, "stop": _stop, "status": _status, "exec": _exec}[arguments.command](arguments)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
