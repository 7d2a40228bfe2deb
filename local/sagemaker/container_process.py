"""One container of an endpoint instance: a process that answers GET /ping and POST /invocations on a loopback port."""

import http.client
import time

from local.sagemaker.children import Child
from local.sagemaker.connections import ConnectionPool
from local.sagemaker.logs import LogStream

_STOP_GRACE_SECONDS = 5.0
_PING_AGAIN_SECONDS = 0.05


class UnhealthyError(Exception):
    """The container did not answer its health check; `str()` is the end of its log."""

    def __init__(self, container: str, log: str) -> None:
        super().__init__(log)
        self.container = container


class ContainerProcess:
    """`name` is what answers call the container: `primary`, or in an inference pipeline its own name."""

    def __init__(self, name: str, child: Child, port: int, log: LogStream) -> None:
        self.name = name
        self.port = port
        self.log = log
        self.connections = ConnectionPool(port)
        self._child = child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._child.is_running()

    def wait(self) -> int:
        """Return the exit status once the process has ended."""
        return self._child.wait()

    def wait_until_healthy(self, seconds: float) -> None:
        """Wait until /ping answers 200; UnhealthyError when it does not within `seconds`, or when the process ends.

        A model server of ours accepts the connection at once and answers when the model is loaded. An image's own
        server listens when it likes and may answer other codes before it is ready, so it is asked again.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._child.is_running():
            if self._answers_ping(left):
                return
            # Nothing tells when another's process begins to listen.
            time.sleep(_PING_AGAIN_SECONDS)
        self.end()
        raise UnhealthyError(self.name, self.log.tail(6))

    def end(self) -> None:
        """End the process and close its connections."""
        self._child.end(_STOP_GRACE_SECONDS)
        self.connections.close()

    def _answers_ping(self, seconds: float) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
