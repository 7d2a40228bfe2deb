"""One endpoint instance: a model-server process under its model's role, and the requests it is working on."""

import http.client
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from local.sagemaker.children import Child
from local.sagemaker.connections import ConnectionPool
from local.sagemaker.logs import LogStream

_SERVER = Path(__file__).with_name("model_server.py")
_LONGEST_REQUEST_SECONDS = 60.0
_STOP_GRACE_SECONDS = 5.0


class UnhealthyError(Exception):
    """The instance did not answer its health check; `str()` is the end of its log."""


class Instance:
    """A model server. It listens before it runs: the socket is made here, so no port can be taken in between."""

    def __init__(
        self,
        *,
        model: Path,
        code: Path,
        program: str,
        environment: dict[str, str],
        open_log: Callable[[str], LogStream],
    ) -> None:
        self.id = f"i-{secrets.token_hex(8)}"
        self.log = open_log(self.id)
        self._busy = 0
        self._changed = threading.Condition()
        self._retired = False
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            self.port = int(listener.getsockname()[1])
            fd = listener.fileno()
            options = ["--listen", str(fd), "--model", str(model), "--code", str(code), "--program", program]
            self._child = Child(
                [sys.executable, "-P", str(_SERVER), *options],
                environment={**environment, "SAGEMAKER_BIND_TO_PORT": str(self.port)},
                folder=model,
                write_line=self.log.write,
                inherited=[fd],
            )
        self.connections = ConnectionPool(self.port)
        threading.Thread(target=self._watch, name=f"watch-{self.id}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The model server's process id."""
        return self._child.pid

    @property
    def busy(self) -> int:
        """How many requests the instance works on."""
        return self._busy

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._child.is_running()

    def wait_until_healthy(self, seconds: float) -> None:
        """Wait until /ping answers 200; UnhealthyError when it does not, or when the process ends before.

        The connection is accepted by the socket at once and answered when the model is loaded. A process that ends
        closes the socket, which resets the connection: so one request waits for both.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", "/ping")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            if self._child.is_running() and not isinstance(error, TimeoutError):
                self._child.end(_STOP_GRACE_SECONDS)
            raise UnhealthyError(self.log.tail(6)) from error
        finally:
            connection.close()
        if status != http.HTTPStatus.OK:
            raise UnhealthyError(f"/ping answered {status}")

    def acquire(self) -> bool:
        """Count a request in; False when the instance takes none any more."""
        with self._changed:
            if self._retired:
                return False
            self._busy += 1
            return True

    def release(self) -> None:
        """Count a request out."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def retire(self, *, drain: bool = True) -> None:
        """End the process, after the requests it works on if `drain`."""
        with self._changed:
            self._retired = True
            if drain:
                self._changed.wait_for(lambda: self._busy == 0, _LONGEST_REQUEST_SECONDS)
        self._child.end(_STOP_GRACE_SECONDS)
        self.connections.close()
        self.log.close()

    def _watch(self) -> None:
        status = self._child.wait()
        if not self._retired:
            self.log.write(f"The model server ended by itself with status {status}; it is not started again.")
