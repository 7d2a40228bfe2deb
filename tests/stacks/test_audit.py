"""The trail, its alarms, the operators' topic, the dead letters and the notices: one assertion for each control."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from stacks.constructs.failure_notices import FailureNotice, failure_notices
from stacks.constructs.trail_filters import TRAIL_FILTERS, TrailFilter
from tests.stacks.filter_pattern import matches
from tests.stacks.foundation import ACCOUNT, KEYS, NAME, audit
from tests.stacks.resources import of_type, statements, text

Template = dict[str, Any]
TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/ashlar-test-trail"
RULES = {"ArnLike": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/*"}}
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
EXISTING_TRAIL = "arn:aws:cloudtrail:eu-west-1:999988887777:trail/organisation"


@pytest.fixture(scope="module")
def template() -> Template:
    return audit(emails=["ops@example.com", "security@example.com"])


def properties(template: Template, type: str) -> dict[str, Any]:
    """Of the one resource of a type."""
    (resource,) = of_type(template, type)
    found: dict[str, Any] = resource["Properties"]
    return found


def policy_of(template: Template, type: str) -> dict[str, dict[str, Any]]:
    """Sid -> statement."""
    return {s["Sid"]: s for s in properties(template, type)["PolicyDocument"]["Statement"]}


def bucket(template: Template, id: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """A bucket's properties, and the statements of its policy by sid."""
    (name,) = [
        n for n, r in template["Resources"].items() if r["Type"] == "AWS::S3::Bucket" and n.startswith(f"{id}Bucket")
    ]
    policies = [p["Properties"] for p in of_type(template, "AWS::S3::BucketPolicy")]
    (policy,) = [p for p in policies if p["Bucket"] == {"Ref": name}]
    return template["Resources"][name]["Properties"], {s["Sid"]: s for s in policy["PolicyDocument"]["Statement"]}


# The trail


def should_record_all_regions_with_validated_encrypted_files(template: Template) -> None:
    trail = properties(template, "AWS::CloudTrail::Trail")
    assert trail["TrailName"] == f"{NAME}-trail"
    assert trail["KMSKeyId"] == KEYS["trail"]
    for switch in ("IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation"):
        assert trail[switch] is True, switch


def should_record_reads_and_writes_of_management_and_of_the_platforms_data(template: Template) -> None:
    found = {}
    for selector in properties(template, "AWS::CloudTrail::Trail")["AdvancedEventSelectors"]:
        fields = {f["Field"]: f.get("Equals") or f["StartsWith"] for f in selector["FieldSelectors"]}
        assert "readOnly" not in fields
        found[(fields["eventCategory"][0], *fields.get("resources.type", []))] = fields.get("resources.ARN")
    assert found == {
        ("Management",): None,
        ("Data", "AWS::S3::Object"): ["arn:aws:s3:::ashlar-test-data-"],
        ("Data", "AWS::Lambda::Function"): ["arn:aws:lambda:eu-west-1:111122223333:function:ashlar-test-"],
        ("Data", "AWS::SageMaker::Endpoint"): ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ashlar-test-"],
        ("Data", "AWS::SageMaker::FeatureGroup"): [
            "arn:aws:sagemaker:eu-west-1:111122223333:feature-group/ashlar-test-"
        ],
        ("Data", "AWS::SageMaker::ExperimentTrialComponent"): None,
    }


def should_keep_the_trails_bucket_encrypted_versioned_logged_and_locked(template: Template) -> None:
    found, _ = bucket(template, "Trail")
    (rule,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEYS["trail"]}
    # Its encryption context would be the bucket, and the key's policy lets CloudTrail in by the trail.
    assert rule["BucketKeyEnabled"] is False
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    assert found["VersioningConfiguration"] == {"Status": "Enabled"}
    assert text(found["LoggingConfiguration"]["DestinationBucketName"]).find("AccessLogs") > 0
    lock = found["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (lock["Mode"], lock["Days"]) == ("GOVERNANCE", 2555)
    assert 2555 in [r.get("ExpirationInDays") for r in found["LifecycleConfiguration"]["Rules"]]


def should_let_only_this_trail_write_to_its_bucket(template: Template) -> None:
    _, policy = bucket(template, "Trail")
    allowed = {sid: s for sid, s in policy.items() if s["Effect"] == "Allow"}
    assert set(allowed) == {"TrailLooks", "TrailDelivers"}
    for statement in allowed.values():
        assert statement["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == TRAIL
    (objects,) = allowed["TrailDelivers"]["Resource"]
    assert text(objects).count("/AWSLogs/111122223333/*") == 1
    assert policy["TlsOnly"]["Condition"] == PLAIN_HTTP


def should_start_the_trail_when_bucket_and_role_let_it_write(template: Template) -> None:
    (trail,) = of_type(template, "AWS::CloudTrail::Trail")
    resources = template["Resources"]
    assert {resources[name]["Type"] for name in trail["DependsOn"]} == {"AWS::S3::BucketPolicy"}
    # Who refers to the role waits for it, and the role for its policy.
    role, _ = trail["Properties"]["CloudWatchLogsRoleArn"]["Fn::GetAtt"]
    (policy,) = resources[role]["Properties"]["ManagedPolicyArns"]
    assert resources[policy["Ref"]]["Type"] == "AWS::IAM::ManagedPolicy"


def should_lock_nothing_where_data_may_go(template: Template) -> None:
    found, _ = bucket(audit(retain=False), "Trail")
    assert "ObjectLockConfiguration" not in found


def should_copy_the_trail_to_an_encrypted_log_group_kept_a_year(template: Template) -> None:
    group = properties(template, "AWS::Logs::LogGroup")
    assert group == {"LogGroupName": "/ashlar-test/trail", "KmsKeyId": KEYS["trail"], "RetentionInDays": 365}
    trail = properties(template, "AWS::CloudTrail::Trail")
    assert "TrailLogs" in text(trail["CloudWatchLogsLogGroupArn"])
    assert "TrailLogsRole" in text(trail["CloudWatchLogsRoleArn"])


def should_keep_logs_as_long_as_the_configuration_says() -> None:
    assert properties(audit(log_retention_days=731), "AWS::Logs::LogGroup")["RetentionInDays"] == 731


def should_let_the_trails_role_write_its_own_streams_only(template: Template) -> None:
    role = properties(template, "AWS::IAM::Role")
    assert role["Path"] == "/ashlar/test/trail-logs/"
    assert role["PermissionsBoundary"].endswith("policy/boundary")
    (statement,) = statements(template)
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    (streams,) = statement["Resource"]
    group = "arn:aws:logs:eu-west-1:111122223333:log-group:/ashlar-test/trail"
    assert streams == f"{group}:log-stream:111122223333_CloudTrail_eu-west-1*"


def should_take_access_logs_of_this_accounts_buckets_only(template: Template) -> None:
    found, policy = bucket(template, "AccessLogs")
    (rule,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    # S3 delivers access logs to a bucket with its own encryption (user guide: enabling server access logging).
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert "LoggingConfiguration" not in found  # it would log its own logs for ever
    assert policy["AccessLogs"]["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert policy["AccessLogs"]["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


# An organisation's trail


def should_make_no_second_trail_where_an_organisation_has_one() -> None:
    template = audit(trail={"arn": EXISTING_TRAIL, "log_group": "organisation-trail"})
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert not types & {"AWS::CloudTrail::Trail", "AWS::Logs::LogGroup", "AWS::IAM::Role"}
    assert len(of_type(template, "AWS::S3::Bucket")) == 1  # the access logs'
    groups = {f["Properties"]["LogGroupName"] for f in of_type(template, "AWS::Logs::MetricFilter")}
    assert groups == {"organisation-trail"}


def should_make_no_filters_where_the_trails_log_group_is_elsewhere() -> None:
    types = [r["Type"] for r in audit(trail={"arn": EXISTING_TRAIL})["Resources"].values()]
    assert "AWS::Logs::MetricFilter" not in types
    assert types.count("AWS::CloudWatch::Alarm") == 1  # the dead letters'


# CIS filters and alarms


def should_filter_for_every_control_once() -> None:
    assert [each.control for each in TRAIL_FILTERS] == [f"CloudWatch.{number}" for number in range(1, 15)]


def should_raise_an_alarm_to_the_operators_for_every_filter(template: Template) -> None:
    filters = [f["Properties"] for f in of_type(template, "AWS::Logs::MetricFilter")]
    assert [f["FilterPattern"] for f in filters] == [each.pattern for each in TRAIL_FILTERS]
    assert all("TrailLogs" in text(f["LogGroupName"]) for f in filters)
    counted = [t for f in filters for t in f["MetricTransformations"]]
    alarms = [a["Properties"] for a in of_type(template, "AWS::CloudWatch::Alarm")]
    watched = {(a["Namespace"], a["MetricName"]) for a in alarms}
    assert {(t["MetricNamespace"], t["MetricName"]) for t in counted} < watched
    assert {t["MetricValue"] for t in counted} == {"1"}
    for alarm in alarms:
        assert alarm["ActionsEnabled"] is True
        assert "OperatorsTopic" in text(alarm["AlarmActions"])
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
        assert alarm["TreatMissingData"] == "notBreaching"


ROLE = {"type": "AssumedRole"}
# control -> an event that must count, and one that must not
EVENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "CloudWatch.1": (
        {"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall"},
        {"userIdentity": {"type": "Root", "invokedBy": "support.amazonaws.com"}, "eventType": "AwsApiCall"},
    ),
    "CloudWatch.2": (
        {"userIdentity": ROLE, "errorCode": "Client.UnauthorizedOperation", "eventName": "RunInstances"},
        {"userIdentity": ROLE, "errorCode": "ThrottlingException", "eventName": "RunInstances"},
    ),
    "CloudWatch.3": (
        {
            "userIdentity": {"type": "IAMUser"},
            "eventName": "ConsoleLogin",
            "additionalEventData": {"MFAUsed": "No"},
            "responseElements": {"ConsoleLogin": "Success"},
        },
        {
            "userIdentity": {"type": "IAMUser"},
            "eventName": "ConsoleLogin",
            "additionalEventData": {"MFAUsed": "Yes"},
            "responseElements": {"ConsoleLogin": "Success"},
        },
    ),
    "CloudWatch.4": (
        {"eventSource": "iam.amazonaws.com", "eventName": "AttachRolePolicy"},
        {"eventSource": "iot.amazonaws.com", "eventName": "DeletePolicy"},
    ),
    "CloudWatch.5": ({"eventName": "StopLogging"}, {"eventName": "GetTrailStatus"}),
    "CloudWatch.6": (
        {"eventName": "ConsoleLogin", "errorMessage": "Failed authentication"},
        {"eventName": "ConsoleLogin", "errorMessage": "No username found in supplied account"},
    ),
    "CloudWatch.7": (
        {"eventSource": "kms.amazonaws.com", "eventName": "ScheduleKeyDeletion"},
        {"eventSource": "kms.amazonaws.com", "eventName": "CancelKeyDeletion"},
    ),
    "CloudWatch.8": (
        {"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy"},
        {"eventSource": "s3.amazonaws.com", "eventName": "GetBucketPolicy"},
    ),
    "CloudWatch.9": (
        {"eventSource": "config.amazonaws.com", "eventName": "StopConfigurationRecorder"},
        {"eventSource": "config.amazonaws.com", "eventName": "DescribeConfigurationRecorders"},
    ),
    "CloudWatch.10": ({"eventName": "AuthorizeSecurityGroupIngress"}, {"eventName": "DescribeSecurityGroups"}),
    "CloudWatch.11": ({"eventName": "ReplaceNetworkAclEntry"}, {"eventName": "DescribeNetworkAcls"}),
    "CloudWatch.12": ({"eventName": "AttachInternetGateway"}, {"eventName": "DescribeInternetGateways"}),
    "CloudWatch.13": (
        {"eventSource": "ec2.amazonaws.com", "eventName": "ReplaceRoute"},
        {"eventSource": "appmesh.amazonaws.com", "eventName": "CreateRoute"},
    ),
    "CloudWatch.14": ({"eventName": "CreateVpcPeeringConnection"}, {"eventName": "DescribeVpcs"}),
}


@pytest.mark.parametrize("each", TRAIL_FILTERS, ids=lambda each: each.control)
def should_count_its_event_and_no_harmless_one(each: TrailFilter) -> None:
    wanted, harmless = EVENTS[each.control]
    assert matches(each.pattern, wanted)
    assert not matches(each.pattern, harmless)
    assert len(each.pattern) <= 1024  # CloudWatch Logs' longest


@pytest.mark.parametrize("each", TRAIL_FILTERS, ids=lambda each: each.control)
def should_count_no_event_of_another_filter(each: TrailFilter) -> None:
    others = [wanted for control, (wanted, _) in EVENTS.items() if control != each.control]
    assert not any(matches(each.pattern, event) for event in others)


# Topic and dead letters


def should_encrypt_the_topic_and_subscribe_every_address(template: Template) -> None:
    assert properties(template, "AWS::SNS::Topic")["KmsMasterKeyId"] == KEYS["notifications"]
    subscriptions = [s["Properties"] for s in of_type(template, "AWS::SNS::Subscription")]
    assert [(s["Protocol"], s["Endpoint"]) for s in subscriptions] == [
        ("email", "ops@example.com"),
        ("email", "security@example.com"),
    ]
    assert all("DeadLettersQueue" in text(s["RedrivePolicy"]["deadLetterTargetArn"]) for s in subscriptions)


def should_let_only_this_accounts_alarms_and_rules_without_a_condition_publish(template: Template) -> None:
    policy = policy_of(template, "AWS::SNS::TopicPolicy")
    assert policy["Alarms"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert policy["Alarms"]["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}
    assert policy["Rules"]["Principal"] == {"Service": "events.amazonaws.com"}
    # With one, SNS would drop every notice (EventBridge user guide, resource-based policies).
    assert "Condition" not in policy["Rules"]
    assert policy["Rules"]["Action"] == ["sns:Publish"]
    assert (policy["TlsOnly"]["Effect"], policy["TlsOnly"]["Condition"]) == ("Deny", PLAIN_HTTP)
    assert set(policy) == {"Alarms", "Rules", "TlsOnly"}


def should_encrypt_the_dead_letters_and_keep_them_fourteen_days(template: Template) -> None:
    queue = properties(template, "AWS::SQS::Queue")
    assert queue["KmsMasterKeyId"] == KEYS["notifications"]
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def should_let_only_this_accounts_rules_and_the_topic_leave_dead_letters(template: Template) -> None:
    policy = policy_of(template, "AWS::SQS::QueuePolicy")
    assert policy["Rules"]["Principal"] == {"Service": "events.amazonaws.com"}
    assert (policy["Rules"]["Action"], policy["Rules"]["Condition"]) == (["sqs:SendMessage"], RULES)
    assert (policy["TlsOnly"]["Effect"], policy["TlsOnly"]["Condition"]) == ("Deny", PLAIN_HTTP)
    assert policy["Topic"]["Principal"] == {"Service": "sns.amazonaws.com"}
    assert policy["Topic"]["Condition"] == {
        "ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:ashlar-test-operators"}
    }
    assert set(policy) == {"Rules", "Topic", "TlsOnly"}


def should_raise_an_alarm_for_the_first_dead_letter(template: Template) -> None:
    (alarm,) = [
        a["Properties"]
        for a in of_type(template, "AWS::CloudWatch::Alarm")
        if a["Properties"]["Namespace"] == "AWS/SQS"
    ]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert "DeadLettersQueue" in text(alarm["Dimensions"])


def should_look_for_access_from_outside_the_account(template: Template) -> None:
    assert properties(template, "AWS::AccessAnalyzer::Analyzer") == {
        "AnalyzerName": "ashlar-test-external-access",
        "Type": "ACCOUNT",
    }


def should_leave_the_analyzer_to_the_account_that_has_one() -> None:
    """There can be one of an account in a region: a second would fail the deployment."""
    types = {its["Type"] for its in audit(access_analyzer="existing")["Resources"].values()}
    assert "AWS::CloudTrail::Trail" in types
    assert "AWS::AccessAnalyzer::Analyzer" not in types


# Notices of failures

PIPELINE = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/ashlar-test-reviews"
EXECUTION = f"{PIPELINE}/execution/abc123"
# notice -> detail of an event of the developer guide's shape, changes that make it none of ours, and the sentence
NOTICES: dict[str, tuple[dict[str, str], list[dict[str, str]], str]] = {
    **{
        noun: (
            {f"{noun}Name": "pipelines-abc123-Train-xyz", f"{noun}Status": "Failed", "FailureReason": "exit code 1"},
            [{f"{noun}Name": "somebody-elses"}, {f"{noun}Status": "Completed"}, {f"{noun}Status": "InProgress"}],
            f"{words} pipelines-abc123-Train-xyz is Failed. exit code 1",
        )
        for noun, words in {
            "TrainingJob": "Training Job",
            "ProcessingJob": "Processing Job",
            "HyperParameterTuningJob": "HyperParameter Tuning Job",
            "TransformJob": "Transform Job",
        }.items()
    },
    "PipelineExecution": (
        {"pipelineArn": PIPELINE, "pipelineExecutionArn": EXECUTION, "currentPipelineExecutionStatus": "Failed"},
        [{"pipelineArn": PIPELINE.replace(NAME, "other")}, {"currentPipelineExecutionStatus": "Succeeded"}],
        f"Pipeline execution {EXECUTION} is Failed.",
    ),
    "PipelineStep": (
        {
            "pipelineArn": PIPELINE,
            "pipelineExecutionArn": EXECUTION,
            "stepName": "Evaluate",
            "currentStepStatus": "Failed",
            "failureReason": "ClientError",
        },
        [{"pipelineArn": PIPELINE.replace(NAME, "other")}, {"currentStepStatus": "Succeeded"}],
        f"Step Evaluate of pipeline execution {EXECUTION} failed. ClientError",
    ),
    "Endpoint": (
        {"EndpointName": "ashlar-test-reviews", "EndpointStatus": "ROLLING_BACK"},
        [{"EndpointName": "other-reviews"}, {"EndpointStatus": "IN_SERVICE"}, {"EndpointStatus": "UPDATING"}],
        "Endpoint ashlar-test-reviews is ROLLING_BACK. ",
    ),
}


def matched(pattern: Mapping[str, list[Any]], detail: Mapping[str, str]) -> bool:
    """EventBridge's matching, of plain values and prefixes."""
    return all(
        any(
            detail[field].startswith(one["prefix"]) if isinstance(one, dict) else detail[field] == one for one in wanted
        )
        for field, wanted in pattern.items()
    )


def rule_of(template: Template, notice: FailureNotice) -> dict[str, Any]:
    events = [r["Properties"] for r in of_type(template, "AWS::Events::Rule")]
    found: list[dict[str, Any]] = [r for r in events if r["EventPattern"]["detail-type"] == [notice.event]]
    (rule,) = found
    return rule


def sentence(transformer: Mapping[str, Any], detail: Mapping[str, str]) -> str:
    """What EventBridge makes of the event: paths that lead nowhere leave nothing."""
    event: dict[str, Any] = {"time": "2026-11-21T12:00:00Z", "detail": detail}
    template: str = json.loads(transformer["InputTemplate"])

    def value(match: re.Match[str]) -> str:
        found: Any = event
        for part in transformer["InputPathsMap"][match[1]].removeprefix("$.").split("."):
            found = found.get(part, "")
        return str(found)

    return re.sub(r"<(\w+)>", value, template)


@pytest.mark.parametrize("notice", failure_notices(ACCOUNT, NAME), ids=lambda notice: notice.id)
def should_tell_the_operators_in_a_sentence_what_failed(template: Template, notice: FailureNotice) -> None:
    rule = rule_of(template, notice)
    detail, changes, expected = NOTICES[notice.id]
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.sagemaker"]
    assert matched(pattern["detail"], detail)
    for change in changes:
        assert not matched(pattern["detail"], {**detail, **change}), change
    (target,) = rule["Targets"]
    assert sentence(target["InputTransformer"], detail) == f"2026-11-21T12:00:00Z: {expected}"


def should_retry_every_notice_and_keep_what_cannot_be_delivered(template: Template) -> None:
    rules = of_type(template, "AWS::Events::Rule")
    assert len(rules) == len(NOTICES)
    for rule in rules:
        for target in rule["Properties"]["Targets"]:
            assert "OperatorsTopic" in text(target["Arn"])
            assert "DeadLettersQueue" in text(target["DeadLetterConfig"]["Arn"])
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
            assert "RoleArn" not in target  # with one, EventBridge may fail to deliver to an encrypted topic
