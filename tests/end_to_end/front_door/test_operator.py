"""The operator's tools call the API as its first client, whatever it asks of callers."""

from __future__ import annotations

from typing import Any

import pytest

from config import load_environment
from config.schema import FrontDoor
from ops.api import Api
from tests.end_to_end.front_door.configuration import USUAL
from tests.end_to_end.front_door.conftest import door_of
from tests.end_to_end.front_door.place import Place
from tests.ops.conftest import OfTheLocalCloud


@pytest.mark.parametrize(
    "asked",
    [{}, {"client_keys": True}, {"auth": "cognito"}, {"auth": "cognito", "client_keys": True}, {"auth": "api_key"}],
)
def should_call_as_the_first_client(front_door: Place, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> None:
    url = door_of(front_door, **asked).url
    monkeypatch.setenv("AWS_CA_BUNDLE", front_door.cloud.certificate_authority)
    monkeypatch.setattr(OfTheLocalCloud, "api_url", url)
    monkeypatch.setattr(OfTheLocalCloud, "token_url", f"{front_door.cloud.url}/oauth2/token")
    settings = FrontDoor.model_validate({**USUAL, **asked})
    platform = load_environment("local").model_copy(update={"front_door": settings})
    api = Api(OfTheLocalCloud(platform, front_door.cloud))
    assert len(api.predict("reviews", [{"text": "Lovely"}, {"text": "Fits"}])["predictions"]) == 2
    # Its grant is one of the two.
    assert [endpoint["name"] for endpoint in api.request("GET", "/endpoints").json()["endpoints"]] == ["reviews"]
    assert api.request("POST", "/endpoints/returns/predictions", b"{}").status == 403
