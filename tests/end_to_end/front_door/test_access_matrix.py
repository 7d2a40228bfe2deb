"""Who may call what: three ways to say who one is, five kinds of credentials, two endpoints, by real calls."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.end_to_end.front_door import identities
from tests.end_to_end.front_door.conftest import door_of
from tests.end_to_end.front_door.door import Caller, Door, Holder, Signer
from tests.end_to_end.front_door.place import Place
from tests.local.cloud import eventually

UNAUTHENTICATED = (401, "unauthenticated")
FORBIDDEN, NOT_GRANTED = (403, "forbidden"), (403, "not-granted")
SERVED = (200, "")
# Mode -> kind of credentials -> status and problem. IAM refuses before the function is asked; a key that is not known
# is forbidden, because API Gateway does not tell it from one that is missing.
EXPECTED = {
    "iam": {
        "none": UNAUTHENTICATED,
        "wrong": UNAUTHENTICATED,
        "expired": UNAUTHENTICATED,
        "ungranted": FORBIDDEN,
        "right": SERVED,
    },
    "cognito": {
        "none": UNAUTHENTICATED,
        "wrong": UNAUTHENTICATED,
        "expired": UNAUTHENTICATED,
        "ungranted": NOT_GRANTED,
        "right": SERVED,
    },
    "api_key": {
        "none": FORBIDDEN,
        "wrong": FORBIDDEN,
        "expired": FORBIDDEN,
        "ungranted": NOT_GRANTED,
        "right": SERVED,
    },
}
Callers = Mapping[tuple[str, str], Caller]


@pytest.fixture(scope="module", params=EXPECTED)
def auth(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def asked(front_door: Place, auth: str) -> tuple[Door, Callers]:
    """The API in this mode, and who calls which endpoint with what."""
    door = door_of(front_door, **({} if auth == "iam" else {"auth": auth}))
    callers = {
        (endpoint, kind): caller
        for endpoint in identities.OWNER
        for kind, caller in identities.of(front_door, auth, endpoint).items()
    }
    return door, callers


@pytest.mark.parametrize("endpoint", list(identities.OWNER))
@pytest.mark.parametrize("kind", list(EXPECTED["iam"]))
def should_let_in_who_was_granted_the_endpoint(
    asked: tuple[Door, Callers], auth: str, kind: str, endpoint: str
) -> None:
    door, callers = asked
    caller, (status, problem) = callers[endpoint, kind], EXPECTED[auth][kind]

    def answer() -> tuple[int, str]:
        found = door.predict(caller, endpoint)
        return found.status, found.problem if found.status >= 400 else ""

    if kind == "expired":
        # A token is good for its second.
        eventually(lambda: answer()[0] != 200, seconds=10)
    assert answer() == (status, problem)


@pytest.mark.parametrize("client", sorted(identities.OWNER.values()))
def should_show_a_client_its_own_endpoints(
    front_door: Place, asked: tuple[Door, Callers], auth: str, client: str
) -> None:
    door, _ = asked
    answer = door.send(identities.right(front_door, auth, client), "GET", "/endpoints")
    assert answer.status == 200, answer
    assert [its["name"] for its in answer.json["endpoints"]] == [e for e, c in identities.OWNER.items() if c == client]


def should_ask_for_credentials_that_it_knows(front_door: Place) -> None:
    door = door_of(front_door)
    known = identities.right(front_door, "iam", "shop")
    assert isinstance(known, Signer)
    deleted = Signer({**known.credentials, "AccessKeyId": "ASIA0123456789ABCDEF"})
    for caller in (deleted, Holder("Authorization", "Bearer a.b.c"), Holder("Authorization", "Basic YTpi")):
        answer = door.predict(caller)
        assert (answer.status, answer.problem) == UNAUTHENTICATED


@pytest.mark.parametrize("auth", list(EXPECTED))
def should_not_know_routes_that_are_not_there(front_door: Place, auth: str) -> None:
    door = door_of(front_door, **({} if auth == "iam" else {"auth": auth}))
    caller = identities.right(front_door, auth, "team")
    # A role may call the routes that there are: IAM refuses any other before the function is asked.
    expected = FORBIDDEN if auth == "iam" else (404, "unknown-route")
    for method, path in (("GET", "/nothing"), ("DELETE", "/jobs/x"), ("POST", "/endpoints/reviews/nothing")):
        answer = door.send(caller, method, path)
        assert (answer.status, answer.problem) == expected
