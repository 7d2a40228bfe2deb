"""A trail that an organisation brings: as strict as the platform's own, and recording the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from config import Platform
from config.schema import Trail
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, doubtful, good

# What the platform's own trail records beside management events: docs/audit.md.
RECORDED = (
    "AWS::Lambda::Function",
    "AWS::S3::Object",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::ExperimentTrialComponent",
    "AWS::SageMaker::FeatureGroup",
)


def checks(platform: Platform) -> Iterator[Check]:
    """The trail, what it records and its log group; none for the platform's own."""
    trail = platform.audit.trail
    if not trail:
        return
    path, needed = "audit.trail.arn", "logging, all regions, encrypted, validated"
    yield Check("trail", needed, path, trail.arn, "TRAIL-USABLE", partial(_trail, trail=trail))
    ask = partial(_events, trail=trail)
    yield Check("trail's data events", ", ".join(RECORDED), path, trail.arn, "TRAIL-EVENTS", ask)
    if trail.log_group:
        path, ask = "audit.trail.log_group", partial(_log_group, name=trail.log_group)
        yield Check("trail's log group", "exists", path, trail.log_group, "TRAIL-LOG-GROUP", ask)


def _trail(cloud: Cloud, trail: Trail) -> Answer:
    found = cloud.find("cloudtrail", "get_trail", Name=trail.arn)
    if not found:
        return bad("absent", "there is no such trail.", "correct the ARN.")
    its = found["Trail"]
    status = cloud.ask("cloudtrail", "get_trail_status", Name=trail.arn)
    wanted = {
        "logging": status["IsLogging"],
        "multi-region": its.get("IsMultiRegionTrail"),
        "encrypted by a customer key": its.get("KmsKeyId"),
        "log-file validation": its.get("LogFileValidationEnabled"),
    }
    lacking = [name for name, there in wanted.items() if not there]
    if lacking:
        fix = "turn it on in the trail, or remove `audit.trail` so that the platform makes its own."
        return bad(f"without {', '.join(lacking)}", "the trail is weaker than the platform's own.", fix)
    return good("as needed")


def _events(cloud: Cloud, trail: Trail) -> Answer:
    """Of each type some resources are recorded; whether the platform's are among them, the selectors' owner knows."""
    found = cloud.ask("cloudtrail", "get_event_selectors", TrailName=trail.arn)
    basic = [its for selector in found.get("EventSelectors") or [] for its in selector.get("DataResources", [])]
    recorded = {resource["Type"] for resource in basic}
    recorded |= {type for selector in found.get("AdvancedEventSelectors") or [] for type in _types(selector)}
    lacking = [type for type in RECORDED if type not in recorded]
    if lacking:
        fix = "add their data events to the trail (docs/audit.md), or remove `audit.trail`."
        return doubtful(f"without {', '.join(lacking)}", "nothing says who used data, models or functions.", fix)
    return good("all recorded")


def _types(selector: dict[str, Any]) -> list[str]:
    fields = {field["Field"]: field.get("Equals", []) for field in selector["FieldSelectors"]}
    types: list[str] = fields.get("resources.type", []) if "Data" in fields.get("eventCategory", []) else []
    return types


def _log_group(cloud: Cloud, name: str) -> Answer:
    groups = cloud.all("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    if not any(group["logGroupName"] == name for group in groups):
        return bad("absent", "the metric filters have no such log group.", "correct the name, or remove it.")
    return good("exists")
