"""The process behind an endpoint instance: SageMaker's serving contract around a user's inference script.

GET /ping answers 200 once the model is loaded; POST /invocations runs input_fn, predict_fn and output_fn. Each of the
four functions may take a `context` as one more argument. An exception answers 500, one with a `status_code` that
status: what the toolkits' own errors do (github.com/aws/sagemaker-inference-toolkit, errors.py and transformer.py).

It imports nothing of the project and is started by its path, so that the user's modules are found as in a container:

    python -P model_server.py --listen FD --model DIR --code DIR --program inference.py
"""

import argparse
import importlib.util
import inspect
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

_TEXT_TYPES = ("application/json", "text/csv")


class UnsupportedFormatError(Exception):
    """A content type that nothing decodes or encodes."""

    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def decode_json(body: bytes | str, content_type: str) -> Any:
    """Be the input_fn of a script that has none: JSON."""
    if content_type != "application/json":
        raise UnsupportedFormatError(f"Content type {content_type} is not supported by this framework.")
    return json.loads(body)


def encode_json(prediction: Any, accept: str) -> str:
    """Be the output_fn of a script that has none: JSON."""
    if accept != "application/json":
        raise UnsupportedFormatError(f"Content type {accept} is not supported by this framework.")
    return json.dumps(prediction)


def _missing(name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise NotImplementedError(f"The inference script defines no {name}.")

    return refuse


class Script:
    """A user's inference script with its model loaded."""

    def __init__(self, path: Path, model_folder: Path) -> None:
        sys.path.insert(0, str(path.parent))
        module = _load(path)
        self._context = SimpleNamespace(system_properties={"model_dir": str(model_folder), "gpu_id": None}, manifest={})
        self._input = self._function(module, "input_fn", 2, decode_json)
        self._predict = self._function(module, "predict_fn", 2, _missing("predict_fn"))
        self._output = self._function(module, "output_fn", 2, encode_json)
        self._model = self._function(module, "model_fn", 1, _missing("model_fn"))(str(model_folder))

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Return the response body and its content type."""
        media_type = content_type.partition(";")[0].strip()
        given = body.decode() if media_type in _TEXT_TYPES else body
        output = self._output(self._predict(self._input(given, media_type), self._model), accept)
        result, result_type = output if isinstance(output, tuple) else (output, accept)
        return result.encode() if isinstance(result, str) else bytes(result), result_type

    def _function(self, module: ModuleType, name: str, arity: int, default: Callable[..., Any]) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(module, name, default)
        if len(inspect.signature(function).parameters) > arity:
            return lambda *given: function(*given, self._context)
        return function


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


class Handler(BaseHTTPRequestHandler):
    """One connection of the endpoint's."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    script: Script

    def do_GET(self) -> None:
        """Answer /ping."""
        self._send(HTTPStatus.OK if self.path == "/ping" else HTTPStatus.NOT_FOUND, b"", "text/plain")

    def do_POST(self) -> None:
        """Answer /invocations."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/invocations":
            self._send(HTTPStatus.NOT_FOUND, b"", "text/plain")
            return
        accept = self.headers.get("Accept") or "*/*"
        default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json")
        try:
            content_type = self.headers.get("Content-Type") or "application/json"
            answer, answer_type = self.script.answer(body, content_type, default if accept == "*/*" else accept)
            self._send(HTTPStatus.OK, answer, answer_type)
        except Exception as error:  # whatever user code raises is an answer
            traceback.print_exc()
            status = getattr(error, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
            message = str(error) or type(error).__name__
            self._send(int(status), json.dumps({"error": message}).encode(), "application/json")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the log for what the script writes."""

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def main() -> None:
    """Load the model, then serve on the inherited socket until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="file descriptor of a listening socket")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--code", type=Path, required=True)
    parser.add_argument("--program", required=True)
    arguments = parser.parse_args()
    listener = socket.socket(fileno=arguments.listen)
    Handler.script = Script(arguments.code / arguments.program, arguments.model)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    # Whoever sends SIGTERM has let the open requests finish.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server.serve_forever()


if __name__ == "__main__":
    main()
