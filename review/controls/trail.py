"""CloudTrail. Source: Security Hub, CloudTrail controls; CIS AWS Foundations 4.x.

Where the configuration names an organisation's trail, these rows do not apply: that trail is not in the templates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from review.controls.estate import Estate
from review.controls.findings import Finding, exists, expect, state
from review.controls.registry import control
from review.iam.template import Resource

# What a trail must record besides object access. Resource types: CloudTrail user guide, "Logging data events".
SAGEMAKER_EVENTS = ("AWS::SageMaker::Endpoint", "AWS::SageMaker::FeatureGroup")


def trails(estate: Estate) -> Iterator[Finding | Resource]:
    """The platform's trails, or the finding that there is none; nothing when the organisation has its own."""
    found = estate.of("CloudTrail::Trail")
    if not found and not estate.setting("audit.trail"):
        yield from exists([], "trail")
    yield from found


def _property(id: str, path: str, *allowed: Any) -> None:
    def check(estate: Estate) -> Iterator[Finding]:
        for trail in trails(estate):
            yield trail if isinstance(trail, Finding) else expect(trail, path, *allowed)

    check.__name__ = path
    control(id)(check)


_property("CloudTrail.2", "KMSKeyId")
_property("CloudTrail.4", "EnableLogFileValidation", True)


@control("CloudTrail.1")
def every_region_and_management_event(estate: Estate) -> Iterator[Finding]:
    for trail in trails(estate):
        if isinstance(trail, Finding):
            yield trail
            continue
        yield expect(trail, "IsMultiRegionTrail", True)
        yield expect(trail, "IsLogging", True)
        yield state(trail, _management(trail), "read and write management events")


@control("CloudTrail.5")
def sent_to_cloudwatch_logs(estate: Estate) -> Iterator[Finding]:
    for trail in trails(estate):
        if isinstance(trail, Finding):
            yield trail
            continue
        yield expect(trail, "CloudWatchLogsLogGroupArn")
        yield expect(trail, "CloudWatchLogsRoleArn")


@control("CloudTrail.6")
def trail_bucket_not_public(estate: Estate) -> Iterator[Finding]:
    for bucket in _buckets(estate):
        if isinstance(bucket, Finding):
            yield bucket
            continue
        for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
            yield expect(bucket, f"PublicAccessBlockConfiguration.{name}", True)


@control("CloudTrail.7")
def trail_bucket_logged(estate: Estate) -> Iterator[Finding]:
    for bucket in _buckets(estate):
        yield bucket if isinstance(bucket, Finding) else expect(bucket, "LoggingConfiguration.DestinationBucketName")


@control("trail:s3-data-events")
def objects_recorded(estate: Estate) -> Iterator[Finding]:
    yield from records(estate, "AWS::S3::Object", write=True)
    yield from records(estate, "AWS::S3::Object", write=False)


@control("trail:lambda-data-events")
def invocations_recorded(estate: Estate) -> Iterator[Finding]:
    if estate.of("Lambda::Function"):
        yield from records(estate, "AWS::Lambda::Function", write=True)


@control("trail:sagemaker-data-events", "SMDG-14")
def sagemaker_recorded(estate: Estate) -> Iterator[Finding]:
    """InvokeEndpoint and the feature store's records are data events, not management events."""
    for type in SAGEMAKER_EVENTS:
        yield from records(estate, type, write=True)


def records(estate: Estate, type: str, *, write: bool) -> Iterator[Finding]:
    """A trail records data events of a resource type, reading or writing ones."""
    for trail in trails(estate):
        if isinstance(trail, Finding):
            yield trail
            continue
        selectors = trail.properties.get("AdvancedEventSelectors", [])
        recorded = any(_covers(selector, type, write) for selector in selectors)
        yield state(trail, recorded, f"{'write' if write else 'read'} events of {type}" + ("" if recorded else ": no"))


def _buckets(estate: Estate) -> Iterator[Finding | Resource]:
    for trail in trails(estate):
        if isinstance(trail, Finding):
            yield trail
            continue
        name = trail.properties.get("S3BucketName")
        found = [bucket for bucket in estate.of("S3::Bucket") if bucket.ref == name]
        yield from found
        if not found:
            yield state(trail, False, f"S3BucketName={name} is no bucket of these stacks")


def _covers(selector: dict[str, Any], type: str, write: bool) -> bool:
    """An advanced selector of this type that no further field narrows to the other kind of event."""
    fields = {field["Field"]: field for field in selector["FieldSelectors"]}
    wanted = fields.get("resources.type", {}).get("Equals", [])
    reading = fields.get("readOnly", {}).get("Equals")
    return type in wanted and (reading is None or reading == ["false" if write else "true"])


def _management(trail: Resource) -> bool:
    selectors = trail.properties.get("AdvancedEventSelectors", [])
    fields = [{field["Field"]: field.get("Equals") for field in s["FieldSelectors"]} for s in selectors]
    advanced = any(f.get("eventCategory") == ["Management"] and "readOnly" not in f for f in fields)
    basic = trail.properties.get("EventSelectors", [])
    return advanced or any(
        s.get("IncludeManagementEvents", True) and s.get("ReadWriteType", "All") == "All" for s in basic
    )
