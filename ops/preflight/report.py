"""All checks of one environment, answered."""

from __future__ import annotations

from itertools import chain

from ops.checks.cloud import Cloud
from ops.checks.row import Row, Verdict, row
from ops.preflight import account, account_wide, bootstrap, endpoints, keys, limits, network, provider, quotas, trail
from ops.session import Environment

# The account comes first.
TOPICS = (account, bootstrap, limits, quotas, network, endpoints, keys, trail, account_wide, provider)


def preflight(environment: Environment) -> list[Row]:
    """One row for each check of the environment's configuration; one alone when the account is not the environment's.

    What another account answers says nothing about this one.
    """
    cloud = Cloud(environment)
    checks = chain.from_iterable(topic.checks(environment.platform) for topic in TOPICS)
    of_the_account = row(next(checks), cloud)
    if of_the_account.verdict is Verdict.ERROR:
        return [of_the_account]
    return [of_the_account, *(row(check, cloud) for check in checks)]
