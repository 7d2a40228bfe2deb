"""`GET /openapi.json`: the document that was built with the deployment, as it lies beside this file."""

from functools import cache
from pathlib import Path

from front_door.request import Request
from front_door.response import Response
from front_door.service import Service

FILE = Path(__file__).with_name("openapi.json")


@cache
def _text(file: Path) -> str:
    return file.read_text("utf-8")


def show(request: Request, service: Service) -> Response:
    """200 with the document, unparsed."""
    return Response(200, _text(FILE))
