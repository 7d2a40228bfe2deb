"""Application Auto Scaling: targets and policies are recorded by moto, in process; nothing scales by them."""

import io
import sys
from collections.abc import Mapping
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.request import Request

from local import hooks

Answer = tuple[int, dict[str, str], bytes]


def answer(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return moto's answer to a request, in the current account and region."""
    given = {**headers, "x-moto-account-id": hooks.account()}
    given.pop("content-length", None)
    status, answered, content = ApplicationAutoScalingResponse.dispatch(
        Request(_wsgi(method, path, given, body)),
        f"https://application-autoscaling.{hooks.region()}.amazonaws.com{path}",
        given,
    )
    encoded = content.encode() if isinstance(content, str) else content
    return int(status), {name: str(value) for name, value in answered.items()}, encoded


def _wsgi(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    names = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in headers}
    names["content-type"] = "CONTENT_TYPE"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "CONTENT_LENGTH": str(len(body)),
        **{names[name]: value for name, value in headers.items()},
    }
