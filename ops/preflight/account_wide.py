"""What an account has once in a region: an analyzer of external access, and the role that API Gateway logs with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from config import Platform
from config.arn import Arn
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, doubtful, good
from ops.preflight.keys import allowed_services

# Those of unused access have types of their own. IAM Access Analyzer API reference: ListAnalyzers.
EXTERNAL_ACCESS = ("ACCOUNT", "ORGANIZATION")
GATEWAY = "apigateway.amazonaws.com"
ANALYZER, ROLE = "audit.access_analyzer", "front_door.api_logging_role"


def checks(platform: Platform) -> Iterator[Check]:
    """Each as the configuration says: there already, or still to be made."""
    setting = platform.audit.access_analyzer
    if setting == "existing":
        yield Check("access analyzer", "active", ANALYZER, setting, "ANALYZER-EXISTS", _analyzer)
    else:
        name = f"{platform.name()}-external-access"
        yield Check("access analyzer", "no other", ANALYZER, setting, "ANALYZER-CLASH", partial(_clash, own=name))
    role = platform.front_door.api_logging_role
    if role:
        yield Check("API logging role", "the account's", ROLE, role, "API-LOGGING-ROLE", partial(_role, arn=role))
    else:
        ask = partial(_replaced, path=platform.role_path)
        yield Check("API logging role", "no other", ROLE, role, "API-LOGGING-CLASH", ask)


def _analyzers(cloud: Cloud) -> list[dict[str, Any]]:
    found = cloud.all("accessanalyzer", "list_analyzers", "analyzers")
    return [its for its in found if its["type"] in EXTERNAL_ACCESS]


def _analyzer(cloud: Cloud) -> Answer:
    found = _analyzers(cloud)
    if any(its["status"] == "ACTIVE" for its in found):
        return good("active")
    message = "nobody would be told of what strangers can reach."
    fix = f"make it active, or set `{ANALYZER}: own`: an organisation's, in another account, is not seen from here."
    return bad(", ".join(f"{its['name']} {its['status']}" for its in found) or "absent", message, fix)


def _clash(cloud: Cloud, own: str) -> Answer:
    """Its name is fixed, so it is known again after the deployment."""
    others = [its["name"] for its in _analyzers(cloud) if its["type"] == "ACCOUNT" and its["name"] != own]
    if others:
        message = "an account can have one in a region: the platform's could not be made."
        return bad(", ".join(others), message, f"set `{ANALYZER}: existing`.")
    return good("no other")


def _role(cloud: Cloud, arn: str) -> Answer:
    """API Gateway refuses a stage that logs where no role is set, or one that it cannot assume."""
    used = _used(cloud)
    if used != arn:
        fix = "correct the ARN, or remove it to have one made and set."
        return bad(used or "none", "API Gateway does not log with this role here.", fix)
    found = cloud.find("iam", "get_role", RoleName=Arn.parse(arn).name.rpartition("/")[2])
    if not found:
        return bad("absent", "the role that API Gateway logs with does not exist any more.", "make it again.")
    if GATEWAY not in allowed_services(found["Role"]["AssumeRolePolicyDocument"]):
        message = "API Gateway cannot assume the role, so no request would be logged."
        return bad("not trusting", message, f"let {GATEWAY} assume it.")
    return good("set, trusted")


def _replaced(cloud: Cloud, path: str) -> Answer:
    used = _used(cloud)
    if used and f":role{path}" not in used:
        message = "the platform's own role would take its place, for every API of the account in this region."
        return doubtful(used, message, f"set `{ROLE}: {used}`, which leaves it as it is.")
    return good(used or "none")


def _used(cloud: Cloud) -> str | None:
    used: str | None = cloud.ask("apigateway", "get_account").get("cloudwatchRoleArn")
    return used
