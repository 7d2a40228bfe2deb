"""Start, find and stop the local cloud's process. Standard library only: it runs before anything is installed.

The state directory holds all there is: `server.json` (which process, which port), the log, certificates, the client's
home, temporary files and the records of child processes. `stop` removes it. One start or stop runs at a time.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local import processes, state_directory
from local.environment import write_profile
from local.sagemaker.timing import FACTOR_VARIABLE, START_VARIABLE
from local.state_directory import StateDirectoryError

REPOSITORY = Path(__file__).resolve().parent.parent
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_LOG_TAIL_LINES = 30


class LocalCloudError(Exception):
    """What went wrong and what to do about it; the command line prints it and exits with `exit_code`."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Server:
    """A server process as `server.json` records it."""

    pid: int
    born: str
    port: int
    region: str

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"https://127.0.0.1:{self.port}"


def find(state: Path) -> Server | None:
    """The running server of this state directory; None where there is none or its record is left from a dead one."""
    server = _recorded(state)
    return server if server and processes.is_same(server.pid, server.born) else None


def has_died(state: Path) -> bool:
    """Whether the server of this state directory ended without `stop`; what was deployed in it is gone."""
    return state_directory.is_ours(state) and _recorded(state) is not None and find(state) is None


def _recorded(state: Path) -> Server | None:
    try:
        return Server(**(state_directory.read_record(state) or {}))
    except TypeError:
        return None


@contextlib.contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Keep other starts and stops out, and anything that is not ours untouched."""
    try:
        with state_directory.exclusive(state):
            state_directory.require_ours_or_empty(state)
            yield
    except StateDirectoryError as error:
        raise LocalCloudError(str(error)) from error


def start(state: Path, port: int, region: str) -> tuple[Server, bool]:
    """Start the server, or find it running; the flag tells whether it was started now."""
    with _only_one(state):
        running = find(state)
        if running:
            _wait_until_healthy(running, state, None)
            return running, False
        _stop(state)
        python = _interpreter()
        with _listen(port) as listener:
            state_directory.claim(state)
            try:
                return _started(python, state, listener, region), True
            except BaseException:
                _stop(state, keep_log=True)
                raise


def _started(python: Path, state: Path, listener: socket.socket, region: str) -> Server:
    """Launch the server, record it, and let it go on only then: one that nobody recorded would never be found."""
    unconfirmed, confirmation = os.pipe()
    try:
        try:
            process = _launch(python, state, listener, unconfirmed, region)
        finally:
            os.close(unconfirmed)
        server = Server(process.pid, processes.birth(process.pid) or "", listener.getsockname()[1], region)
        state_directory.write_record(state, asdict(server))
        with contextlib.suppress(BrokenPipeError):  # it has ended already, which is told below
            os.write(confirmation, b"recorded")
    finally:
        os.close(confirmation)
    listener.close()  # or a server that died would still seem to listen
    write_profile(state, server.url, region)
    _wait_until_healthy(server, state, process)
    return server


def _interpreter() -> Path:
    python = Path(os.environ.get("ASHLAR_LOCAL_PYTHON") or REPOSITORY / "local/.venv/bin/python")
    if not python.exists():
        raise LocalCloudError(
            f"{python} does not exist: the local cloud runs in a virtual environment of its own. "
            "Run `make deploy`, which makes it, or point ASHLAR_LOCAL_PYTHON to a Python with local/requirements.txt."
        )
    return python


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        free = port + 1 if port < 65535 else port - 1
        raise LocalCloudError(
            f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}): the local cloud needs a port that no other "
            f"program listens on. Choose another one: make deploy LOCAL_PORT={free}"
        ) from error
    return listener


def _launch(python: Path, state: Path, listener: socket.socket, confirmed: int, region: str) -> subprocess.Popen[bytes]:
    handle = listener.fileno()
    command = [str(python), "-m", "local.server", "--state", str(state), "--region", region]
    command += ["--socket", str(handle), "--confirmed", str(confirmed)]
    passed_on = ("PATH", "LANG", "LC_ALL", "TZ", START_VARIABLE, FACTOR_VARIABLE)
    environment = {name: os.environ[name] for name in passed_on if name in os.environ}
    environment |= {"HOME": str(state), "TMPDIR": str(state / "tmp"), "PYTHONUNBUFFERED": "1"}
    with (state / "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
            command,
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[handle, confirmed],
        )


def _wait_until_healthy(server: Server, state: Path, process: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not healthy(server, state):
        # Popen.poll also reaps: an unreaped child would look alive to everyone else.
        ended = process.poll() is not None if process else not processes.is_same(server.pid, server.born)
        if ended or time.monotonic() > deadline:
            reason = "ended" if ended else f"did not answer within {_START_SECONDS:.0f} seconds"
            raise LocalCloudError(f"The local cloud {reason}. The end of {state / 'server.log'}:\n{log_tail(state)}")
        time.sleep(0.05)


def healthy(server: Server, state: Path) -> bool:
    """Whether the server answers, with a certificate of this state directory's authority."""
    authority = state / "tls/ca.pem"
    if not authority.exists():
        return False
    with contextlib.suppress(OSError, http.client.HTTPException):
        context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=5, context=context)
        with contextlib.closing(connection):
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
    return False


def log_tail(state: Path) -> str:
    """The last lines of the server's log."""
    log = state / "server.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]) if log.exists() else "(no log)"


def stop(state: Path) -> Server | None:
    """End the server and every process it started, and remove the state; answers the server that was running."""
    if not state.exists():
        return None
    with _only_one(state):
        return _stop(state)


def _stop(state: Path, *, keep_log: bool = False) -> Server | None:
    if not state_directory.is_ours(state):
        return None
    server = find(state)
    if server:
        os.kill(server.pid, signal.SIGTERM)
        if not processes.wait_until_gone(server.pid, server.born, _STOP_SECONDS):
            os.kill(server.pid, signal.SIGKILL)
            processes.wait_until_gone(server.pid, server.born, _STOP_SECONDS)
    _end_leftovers(state)
    if keep_log:
        state_directory.drop_record(state)
    else:
        state_directory.remove(state)
    return server


def _end_leftovers(state: Path) -> None:
    """Kill what outlived the server: Lambda workers by its group, job groups by their records, the rest by its mark."""
    recorded = _recorded(state)
    if recorded and processes.birth(recorded.pid) in (None, recorded.born):
        processes.signal_group(recorded.pid, signal.SIGKILL)
    processes.end_recorded(state)
    processes.end_marked([state, state_directory.job_root(state)])
