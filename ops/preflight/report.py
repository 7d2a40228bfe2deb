"""All checks of one environment, answered."""

from __future__ import annotations

from itertools import chain

from ops.preflight import account, bootstrap, endpoints, existing, network, quotas
from ops.preflight.cloud import Cloud
from ops.preflight.row import Row, row
from ops.session import Environment

TOPICS = (account, bootstrap, quotas, network, endpoints, existing)


def preflight(environment: Environment) -> list[Row]:
    """One row for each check of the environment's configuration."""
    cloud = Cloud(environment)
    checks = chain.from_iterable(topic.checks(environment.platform) for topic in TOPICS)
    return [row(check, cloud) for check in checks]
