"""`GET /health`: the function runs. It asks nobody: whether an endpoint does is what GET /endpoints says."""

from front_door.request import Request
from front_door.response import Response
from front_door.service import Service


def show(request: Request, service: Service) -> Response:
    """200 with `{"status": "ok"}`."""
    return Response.json(200, {"status": "ok"}, {"Cache-Control": "no-store"})
