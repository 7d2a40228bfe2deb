"""All checks of one environment, or of one of its endpoints, answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ops.checks.cloud import Cloud, UnansweredError
from ops.checks.row import Check, Row, Verdict, bad, row
from ops.session import Environment
from ops.verify import foundation, hosting, released, traffic
from ops.verify.deployment import Deployment
from ops.verify.question import check
from ops.verify.running import Running

TOPICS = (hosting, traffic, released)


def verify(environment: Environment, endpoint: str | None) -> list[Row]:
    """One row for each check: of everything, or of the endpoint alone. What is not answered is an error."""
    cloud = Cloud(environment)
    deployment = Deployment(cloud, environment.platform)
    topics: list[tuple[str, Callable[[], Iterator[Check]]]] = []
    if endpoint is None:
        topics.append(("foundation", partial(foundation.checks, deployment)))
    for name in [endpoint] if endpoint else environment.platform.endpoints:
        running = Running(deployment, name)
        topics += [(name, partial(topic.checks, running)) for topic in TOPICS]
    found = [each for what, topic in topics for each in _asked(what, topic)]
    return [row(each, cloud, unanswered=Verdict.ERROR) for each in found]


def _asked(what: str, topic: Callable[[], Iterator[Check]]) -> list[Check]:
    """The checks of a topic; where even what to check was not answered, one that says so."""
    found: list[Check] = []
    try:
        for each in topic():
            found.append(each)
    except UnansweredError as error:
        answer = bad("not answered", f"{error}.", "allow it, or deploy the stack; nothing more could be compared.")
        found.append(check(f"{what}: what to compare", "environment", "VERIFY-UNANSWERED", lambda: answer))
    return found
