"""Log groups, metric filters and alarms. Source: Security Hub, CloudWatch controls; CIS AWS Foundations 5.x."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate
from review.controls.findings import Finding, expect, expect_that, state
from review.controls.properties import demand
from review.controls.registry import control
from review.controls.trail import trails
from review.iam.template import Resource

# What the filter of each control must look for: event names and fields of the patterns that CIS gives.
FILTERS = {
    "CloudWatch.1": ("$.userIdentity.type", "Root", "$.userIdentity.invokedBy NOT EXISTS", "AwsServiceEvent"),
    "CloudWatch.2": ("$.errorCode", "UnauthorizedOperation", "AccessDenied"),
    "CloudWatch.3": ("ConsoleLogin", "$.additionalEventData.MFAUsed", "Yes"),
    "CloudWatch.4": (
        *("DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy"),
        *("PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"),
        *("AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy"),
        *("AttachGroupPolicy", "DetachGroupPolicy"),
    ),
    "CloudWatch.5": ("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    "CloudWatch.6": ("ConsoleLogin", "$.errorMessage", "Failed authentication"),
    "CloudWatch.7": ("kms.amazonaws.com", "DisableKey", "ScheduleKeyDeletion"),
    "CloudWatch.8": (
        *("PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication"),
        *("DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication"),
    ),
    "CloudWatch.9": (
        *("StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder"),
    ),
    "CloudWatch.10": (
        *("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
        *("RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup"),
    ),
    "CloudWatch.11": (
        *("CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry"),
        *("ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation"),
    ),
    "CloudWatch.12": (
        *("CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway"),
        *("DeleteInternetGateway", "DetachInternetGateway"),
    ),
    "CloudWatch.13": (
        *("CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation"),
        *("DeleteRouteTable", "DeleteRoute", "DisassociateRouteTable"),
    ),
    "CloudWatch.14": (
        *("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection"),
        *("DeleteVpcPeeringConnection", "RejectVpcPeeringConnection", "AttachClassicLinkVpc"),
        *("DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink"),
    ),
}

demand("logs:kms", "Logs::LogGroup", "KmsKeyId")
demand("CloudWatch.15", "CloudWatch::Alarm", "AlarmActions")


def _filter(id: str, words: tuple[str, ...]) -> None:
    def check(estate: Estate) -> Iterator[Finding]:
        groups = {t.properties.get("CloudWatchLogsLogGroupArn") for t in trails(estate) if isinstance(t, Resource)}
        names = {group.ref for group in estate.of("Logs::LogGroup") if group.arn in groups}
        names |= {estate.setting("audit.trail.log_group")} - {None}
        on_trail = [f for f in estate.of("Logs::MetricFilter") if f.properties["LogGroupName"] in names]
        matching = [f for f in on_trail if all(word in f.properties.get("FilterPattern", "") for word in words)]
        for found in matching:
            yield from _alarmed(estate, found)
        if not matching and not _elsewhere(estate):
            yield Finding(False, "templates", f"no metric filter on the trail's log group for {', '.join(words[:3])}")

    check.__name__ = f"filter_{id.rsplit('.', 1)[-1]}"
    control(id)(check)


def _elsewhere(estate: Estate) -> bool:
    """An organisation's trail without a log group here is watched where its logs are."""
    return bool(estate.setting("audit.trail")) and not estate.setting("audit.trail.log_group")


def _alarmed(estate: Estate, metric_filter: Resource) -> Iterator[Finding]:
    for transformation in metric_filter.properties["MetricTransformations"]:
        metric = (transformation["MetricNamespace"], transformation["MetricName"])
        alarms = [
            alarm
            for alarm in estate.of("CloudWatch::Alarm")
            if (alarm.properties.get("Namespace"), alarm.properties.get("MetricName")) == metric
        ]
        if not alarms:
            yield state(metric_filter, False, f"no alarm on {'/'.join(metric)}")
        yield from (expect(alarm, "AlarmActions") for alarm in alarms)
        yield expect(metric_filter, "FilterPattern")


for _id, _words in FILTERS.items():
    _filter(_id, _words)


@control("CloudWatch.16")
def logs_kept_a_year(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("Logs::LogGroup"):
        yield expect_that(group, "RetentionInDays", lambda days: int(days) >= 365, "365 or more")


@control("CloudWatch.17")
def alarm_actions_enabled(estate: Estate) -> Iterator[Finding]:
    """CloudFormation's default is true."""
    for alarm in estate.of("CloudWatch::Alarm"):
        enabled = alarm.properties.get("ActionsEnabled", True)
        yield state(alarm, enabled is True, f"ActionsEnabled={enabled}")


@control("logs:data-protection")
def payloads_masked(estate: Estate) -> Iterator[Finding]:
    """Groups of API calls and of network flows hold identifiers, no payloads: nothing to mask there."""
    without = {trail.properties.get("CloudWatchLogsLogGroupArn") for trail in estate.of("CloudTrail::Trail")}
    for log in estate.of("EC2::FlowLog"):
        without |= {log.properties.get("LogGroupName"), log.properties.get("LogDestination")}
    for acl in estate.of("WAFv2::LoggingConfiguration"):
        without |= set(acl.properties["LogDestinationConfigs"])
    for group in estate.of("Logs::LogGroup"):
        if not {group.ref, group.arn, group.arn.removesuffix(":*")} & without:
            yield expect(group, "DataProtectionPolicy")
