"""The local cloud's command line.

python -m local start             start it, or find it running
python -m local status            exit code 0 when it runs, 3 when not
python -m local exec -- COMMAND   run COMMAND against it, out of reach of any AWS account
python -m local stop              end it with all its processes, and remove its state
python -m local image add URI -- COMMAND   run COMMAND where an endpoint's container has this image
python -m local image list
python -m local image remove URI
python -m local interrupt TRAINING_JOB     take the spot instances of a running training job away
python -m local fail WHERE CODE [--times N]   let calls of an operation, or jobs of a kind, fail
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
from pathlib import Path

from local import faults, launcher, stand_ins
from local.environment import client_environment
from local.launcher import LocalCloudError, Server
from local.sagemaker.timing import FACTOR_VARIABLE, START_VARIABLE

_NOT_RUNNING = 3
_DIED = "The one before ended without `stop`: what was deployed in it is gone."
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
    start.add_argument(
        "--instance-start-seconds", help=f"how long an endpoint's new instance takes ({START_VARIABLE}; default 0)"
    )
    start.add_argument(
        "--time-factor", help=f"divides the periods of endpoint metrics and what follows ({FACTOR_VARIABLE}; default 1)"
    )
    commands.add_parser("stop", parents=[options], help="end it with all its processes, and remove its state")
    commands.add_parser("status", parents=[options], help="tell whether it runs")
    run = commands.add_parser("exec", parents=[options], help="run a command against it")
    run.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    image = commands.add_parser("image", help="what runs in the place of container images")
    actions = image.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", parents=[options], help="say what runs in the place of an image")
    add.add_argument("uri", help="the image as the model names it")
    add.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    remove = actions.add_parser("remove", parents=[options], help="forget it")
    remove.add_argument("uri")
    actions.add_parser("list", parents=[options], help="show what was said")
    interrupt = commands.add_parser("interrupt", parents=[options], help="take a training job's spot instances away")
    interrupt.add_argument("job", metavar="TRAINING_JOB")
    fail = commands.add_parser("fail", parents=[options], help="let calls of an operation, or jobs of a kind, fail")
    fail.add_argument("where", help=f"an operation, such as CreateTrainingJob, or one of {', '.join(faults.JOBS)}")
    fail.add_argument("code", help=f"one of {', '.join(faults.CODES)}")
    fail.add_argument("--times", type=int, default=1, help="how many of them (default 1)")
    return parser


def _state(arguments: argparse.Namespace) -> Path:
    given = arguments.state or os.environ.get("ASHLAR_LOCAL_STATE") or launcher.REPOSITORY / "local/.state"
    return Path(given).resolve()


def _port(arguments: argparse.Namespace) -> int:
    given = arguments.port or os.environ.get("ASHLAR_LOCAL_PORT") or "4701"
    if not given.isascii() or not given.isdigit() or int(given) > _HIGHEST_PORT:
        raise LocalCloudError(f"{given!r} is no port: give a number from 0 (any free one) to {_HIGHEST_PORT}.", 2)
    return int(given)


def _number(given: str, option: str, least: float) -> str:
    """A number of `least` or more; it goes to the server as it was given."""
    try:
        if math.isfinite(float(given)) and float(given) >= least:
            return given
    except ValueError:
        pass
    raise LocalCloudError(f"{option} {given!r}: give a number of {least:g} or more.", 2)


def _set_timing(arguments: argparse.Namespace) -> None:
    """What the server reads from its environment, given or inherited."""
    for option, variable, given, least in (
        ("--instance-start-seconds", START_VARIABLE, arguments.instance_start_seconds, 0.0),
        ("--time-factor", FACTOR_VARIABLE, arguments.time_factor, 1.0),
    ):
        value = given or os.environ.get(variable)
        if value:
            os.environ[variable] = _number(value, option, least)


def _start(arguments: argparse.Namespace) -> int:
    _set_timing(arguments)
    state = _state(arguments)
    has_died = launcher.has_died(state)
    server, started = launcher.start(state, _port(arguments), arguments.region)
    if has_died:
        print(f"{_DIED} This is a new one, and empty.")
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
    if server:
        print(f"Process {server.pid} runs but does not answer.")
    elif launcher.has_died(state):
        print(f"The local cloud is not running. {_DIED} Deploy again: make deploy")
    else:
        print("The local cloud is not running.")
    return _NOT_RUNNING


def _running(state: Path) -> Server:
    server = launcher.find(state)
    if not server:
        raise LocalCloudError("The local cloud is not running. Start it: python -m local start", _NOT_RUNNING)
    return server


def _program(arguments: argparse.Namespace, usage: str) -> list[str]:
    program: list[str] = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        raise LocalCloudError(f"No command given: python -m local {usage} -- COMMAND [ARGUMENT ...]", 2)
    return program


def _image(arguments: argparse.Namespace) -> int:
    state = _state(arguments)
    _running(state)  # starting and stopping remove what is in the directory
    if arguments.action == "add":
        stand_ins.add(state, arguments.uri, _program(arguments, f"image add {arguments.uri}"), Path.cwd())
    elif arguments.action == "remove" and not stand_ins.remove(state, arguments.uri):
        known = ", ".join(sorted(stand_ins.all_of(state))) or "none"
        raise LocalCloudError(f"{arguments.uri} has nothing that runs in its place. Images that have: {known}.")
    elif arguments.action == "list":
        for image, stand_in in sorted(stand_ins.all_of(state).items()):
            print(f"{image}: {stand_in}")
    return 0


def _interrupt(arguments: argparse.Namespace) -> int:
    state = _state(arguments)
    _running(state)
    if not faults.interrupt(state, arguments.job):
        known = ", ".join(faults.interruptible(state)) or "none"
        raise LocalCloudError(f"{arguments.job} has no spot instance now. Training jobs that have: {known}.")
    print(f"The spot instances of {arguments.job} are interrupted.")
    return 0


def _fail(arguments: argparse.Namespace) -> int:
    state = _state(arguments)
    _running(state)
    fault = faults.Fault(arguments.code, "Failed on purpose, by `python -m local fail`.")
    try:
        faults.add(state, arguments.where, fault, arguments.times)
    except ValueError as error:
        raise LocalCloudError(str(error), 2) from error
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    state = _state(arguments)
    server = _running(state)
    program = _program(arguments, "exec")
    environment = client_environment(state, server.url, server.region, os.environ)
    executable = shutil.which(program[0], path=environment.get("PATH"))
    if not executable:
        raise LocalCloudError(f"{program[0]}: no such command on PATH.", 127)
    os.execve(executable, program, environment)  # noqa: S606  # nosec B606 # our own or the user's own command, no shell


_COMMANDS = {
    **{"start": _start, "stop": _stop, "status": _status, "exec": _exec, "image": _image},
    **{"interrupt": _interrupt, "fail": _fail},
}


def main() -> int:
    """Run one command; an expected failure is one message on stderr."""
    arguments = _parser().parse_args()
    try:
        return _COMMANDS[arguments.command](arguments)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
