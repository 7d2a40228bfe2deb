"""The page's server before an API that answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from config.declaration import load_declaration
from ops.try_page.server import TryServer
from tests.conftest import ROOT

DECLARATION = load_declaration(ROOT / "model_code/reviews")
REVIEWS: dict[str, Any] = {
    "name": "reviews",
    "title": DECLARATION.title,
    "description": DECLARATION.description,
    "mode": "real_time",
    "status": "in-service",
    "variants": [{"name": "linear"}, {"name": "xgboost"}],
    "requests": {media: request.model_dump() for media, request in DECLARATION.requests.items()},
    "prediction": DECLARATION.prediction,
}
PREDICTED = DECLARATION.examples[0].response
JSON = {"Content-Type": "application/json", "X-Request-Id": "id-1"}


@dataclass
class Answer:
    """As the API gives it."""

    status: int
    data: bytes
    headers: Mapping[str, str]


@dataclass
class Api:
    """`answers`: what each route answers, or the error that it ends in. `asked`: method, path and body of each call."""

    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    asked: list[tuple[str, str, bytes | None]] = field(default_factory=list)

    def request(self, method: str, path: str, body: bytes | None = None) -> Answer:
        self.asked.append((method, path, body))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def offer(self, *endpoints: dict[str, Any]) -> None:
        """What GET /endpoints tells."""
        self.answers["/endpoints"] = Answer(200, json.dumps({"endpoints": endpoints}).encode(), JSON)

    def say(self, document: Any, status: int = 200, headers: Mapping[str, str] = JSON) -> None:
        """What a prediction of `reviews` is answered with."""
        self.answers["/endpoints/reviews/predictions"] = Answer(status, json.dumps(document).encode(), headers)


@pytest.fixture
def api() -> Api:
    api = Api()
    api.offer(REVIEWS)
    api.say(PREDICTED)
    return api


@pytest.fixture
def server(api: Api) -> Iterator[TryServer]:
    with TryServer(0, api, "ashlar-<dev>") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
