"""The types of the foundation, and what a stack's role must be allowed to make."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local import foundation, stacks
from tests.local.cloud import ACCOUNT, LocalCloud, eventually

_BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/ashlar/local/limit"
_TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def made(local_cloud: LocalCloud) -> dict[str, str]:
    """The physical ids of the whole foundation."""
    stack = stacks.deploy(local_cloud, "foundation", foundation.template())
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, "foundation")
    assert stack["Outputs"][0]["OutputValue"].startswith("sg-")
    return stacks.resources(local_cloud, "foundation")


def should_have_each_property_where_its_service_keeps_it(local_cloud: LocalCloud, made: dict[str, str]) -> None:
    role = local_cloud.client("iam").get_role(RoleName=made["Role"])["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/ashlar/local/trail-logs/foundation-role"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == made["Boundary"]
    assert made["Boundary"] == f"arn:aws:iam::{ACCOUNT}:policy/ashlar/local/foundation-boundary"
    group = local_cloud.client("logs").describe_log_groups(logGroupNamePrefix=made["Logs"])["logGroups"][0]
    assert (group["retentionInDays"], made["Key"] in group["kmsKeyId"]) == (365, True)
    s3 = local_cloud.client("s3")
    lock = s3.get_object_lock_configuration(Bucket=made["Archive"])["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 30}
    rules = s3.get_bucket_lifecycle_configuration(Bucket=made["Archive"])["Rules"]
    assert rules[0]["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER"}]
    topic = local_cloud.client("sns").get_topic_attributes(TopicArn=made["Topic"])["Attributes"]
    assert (topic["KmsMasterKeyId"], topic["SignatureVersion"]) == (made["Key"], "2")
    ec2 = local_cloud.client("ec2")
    egress = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"][0]["IpPermissionsEgress"]
    assert "pl-6da54004" in [prefix["PrefixListId"] for rule in egress for prefix in rule["PrefixListIds"]]
    assert ec2.describe_nat_gateways()["NatGateways"][0]["NatGatewayId"] == made["Nat"]


def should_keep_the_settings_of_a_trail(local_cloud: LocalCloud, made: dict[str, str]) -> None:
    cloudtrail = local_cloud.client("cloudtrail")
    trail = cloudtrail.get_trail(Name=made["Trail"])["Trail"]
    assert trail["LogFileValidationEnabled"] and trail["IsMultiRegionTrail"] and made["Key"] in trail["KmsKeyId"]
    assert cloudtrail.get_trail_status(Name=made["Trail"])["IsLogging"]
    selectors = cloudtrail.get_event_selectors(TrailName=made["Trail"])["AdvancedEventSelectors"]
    assert [selector["Name"] for selector in selectors] == ["objects"]


def _executor(cloud: LocalCloud, *statements: dict[str, Any]) -> str:
    return stacks.make_role(cloud, _unique("executor"), "cloudformation.amazonaws.com", *statements)


def _role_template(**properties: Any) -> stacks.Template:
    trust = {"Version": "2012-10-17", "Statement": [_TRUST]}
    role = {"Path": "/ashlar/local/training/", "AssumeRolePolicyDocument": trust, **properties}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}


def should_make_roles_under_the_demanded_boundary_only(local_cloud: LocalCloud) -> None:
    limit = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    local_cloud.client("iam").create_policy(
        PolicyName="limit", Path="/ashlar/local/", PolicyDocument=stacks.document(limit)
    )
    bounded = {"StringEquals": {"iam:PermissionsBoundary": _BOUNDARY}}
    executor = _executor(
        local_cloud,
        {
            "Action": ["iam:CreateRole", "iam:DeleteRole"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:role/ashlar/local/*",
            "Condition": bounded,
        },
    )
    refused = [
        {},
        {"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"},
        {"PermissionsBoundary": _BOUNDARY, "Path": "/elsewhere/"},
    ]
    for number, properties in enumerate(refused):
        name = _unique(f"unbounded-{number}")
        stack = stacks.deploy(local_cloud, name, _role_template(**properties), role_arn=executor)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "not authorized to perform: iam:CreateRole" in stacks.failures(local_cloud, name)
    name = _unique("bounded")
    stack = stacks.deploy(local_cloud, name, _role_template(PermissionsBoundary=_BOUNDARY), role_arn=executor)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)


def should_let_roles_be_made_by_hand_under_the_demanded_boundary_only(local_cloud: LocalCloud) -> None:
    condition = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}
    limited = {"Resource": f"arn:aws:iam::{ACCOUNT}:role/ashlar/local/training/*", "Condition": condition}
    attach = {**limited, "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePermissionsBoundary"]}
    maker = stacks.make_role(local_cloud, _unique("maker"), "account", attach)
    iam = local_cloud.client("iam", stacks.credentials_of(local_cloud, maker))
    trust = stacks.document(_TRUST)
    name, boundary = _unique("by-hand"), {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    for given in ({"Path": "/ashlar/local/training/"}, {"Path": "/", **boundary}):
        with pytest.raises(ClientError, match="AccessDenied"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **given)
    iam.create_role(RoleName=name, Path="/ashlar/local/training/", AssumeRolePolicyDocument=trust, **boundary)
    allowed = stacks.document({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    local_cloud.client("iam").delete_role_permissions_boundary(RoleName=name)
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)


def should_keep_a_stack_from_taking_the_boundary_off(local_cloud: LocalCloud) -> None:
    name = _unique("loosened")
    role = _role_template()
    role["Parameters"] = {"Boundary": {"Type": "String"}}
    role["Conditions"] = {"Bounded": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Boundary"}, ""]}]}}
    chosen = {"Fn::If": ["Bounded", {"Ref": "Boundary"}, {"Ref": "AWS::NoValue"}]}
    role["Resources"]["Role"]["Properties"]["PermissionsBoundary"] = chosen
    executor = _executor(local_cloud, {"Action": ["iam:CreateRole"], "Resource": "*"})
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    stack = stacks.deploy(local_cloud, name, role, role_arn=executor, Boundary=boundary)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    stacks.update(local_cloud, name, Boundary="")
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "iam:DeleteRolePermissionsBoundary" in stacks.failures(local_cloud, name)


@pytest.mark.parametrize(
    ("resource_type", "properties", "action"),
    [
        ("AWS::S3::Bucket", {"BucketName": "theirs-{id}"}, "s3:CreateBucket"),
        ("AWS::KMS::Key", {"KeyPolicy": {"Statement": []}}, "kms:CreateKey"),
        ("AWS::SNS::Topic", {"TopicName": "theirs-{id}"}, "sns:CreateTopic"),
        ("AWS::SQS::Queue", {"QueueName": "theirs-{id}"}, "sqs:CreateQueue"),
        ("AWS::Logs::LogGroup", {"LogGroupName": "theirs-{id}"}, "logs:CreateLogGroup"),
        ("AWS::SSM::Parameter", {"Name": "/theirs/{id}", "Type": "String", "Value": "v"}, "ssm:PutParameter"),
    ],
)
def should_make_nothing_that_the_role_may_not_make(
    local_cloud: LocalCloud, resource_type: str, properties: dict[str, Any], action: str
) -> None:
    name = _unique("made")
    filled = {key: value.format(id=name) if isinstance(value, str) else value for key, value in properties.items()}
    template = {"Resources": {"It": {"Type": resource_type, "Properties": filled}}}
    stack = stacks.deploy(local_cloud, name, template, role_arn=_executor(local_cloud))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"not authorized to perform: {action}" in stacks.failures(local_cloud, name)
    allowed = _executor(local_cloud, {"Action": action, "Resource": "*"})
    stack = stacks.deploy(local_cloud, f"{name}-allowed", template, role_arn=allowed)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, f"{name}-allowed")


def should_ask_whether_a_functions_role_may_be_passed(local_cloud: LocalCloud) -> None:
    role = stacks.make_role(local_cloud, _unique("function"), "lambda.amazonaws.com")
    code = {"ZipFile": "def handler(event, context):\n    return 1\n"}
    properties = {"Role": role, "Runtime": "python3.13", "Handler": "index.handler", "Code": code}
    template = {"Resources": {"It": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    create = {"Action": "lambda:CreateFunction", "Resource": "*"}
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = {"Action": "iam:PassRole", "Resource": role, "Condition": to_lambda}
    for statements, status in (((create,), "ROLLBACK_COMPLETE"), ((create, passing), "CREATE_COMPLETE")):
        name = _unique("passing")
        stack = stacks.deploy(local_cloud, name, template, role_arn=_executor(local_cloud, *statements))
        assert stack["StackStatus"] == status, stacks.failures(local_cloud, name)
        assert ("iam:PassRole" in stacks.failures(local_cloud, name)) is (status == "ROLLBACK_COMPLETE")


def _queue(cloud: LocalCloud, name: str) -> tuple[str, str]:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _messages(cloud: LocalCloud, url: str) -> list[dict[str, Any]]:
    answer = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return list(answer.get("Messages", []))


def should_deliver_to_who_lets_the_rule_in_and_else_to_the_dead_letter_queue(local_cloud: LocalCloud) -> None:
    name = _unique("delivery")
    sqs, sns, events = (local_cloud.client(service) for service in ("sqs", "sns", "events"))
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    dead, dead_arn = _queue(local_cloud, f"{name}-dead")
    heard, heard_arn = _queue(local_cloud, f"{name}-heard")
    closed = sns.create_topic(Name=f"{name}-closed")["TopicArn"]
    opened = sns.create_topic(Name=f"{name}-opened")["TopicArn"]
    to_queue = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    for url, statement in ((dead, stacks.delivery(dead_arn, rule)), (heard, {**to_queue, "Resource": heard_arn})):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": stacks.document(statement)})
    for topic, source in ((closed, f"{rule}-other"), (opened, rule)):
        policy = stacks.document(stacks.delivery(topic, source))
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    sns.subscribe(TopicArn=opened, Protocol="sqs", Endpoint=heard_arn)
    targets = [{"Id": arn[-6:], "Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}} for arn in (closed, opened)]
    events.put_targets(Rule=name, Targets=targets)
    events.put_events(Entries=[{"Source": name, "DetailType": "test", "Detail": json.dumps({"a": 1})}])
    for url in (dead, heard):
        assert len(eventually(partial(_messages, local_cloud, url))) == 1


def should_give_sagemaker_resources_the_tags_of_their_stack(local_cloud: LocalCloud) -> None:
    name = _unique("tagged")
    properties = {"ModelPackageGroupName": name, "Tags": [{"Key": "project", "Value": "reviews"}]}
    template = {"Resources": {"It": {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}}}
    local_cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Tags=[{"Key": "platform", "Value": "ashlar"}, {"Key": "project", "Value": "of the stack"}],
    )
    assert stacks.settled(local_cloud, name)["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    group = local_cloud.client("sagemaker").describe_model_package_group(ModelPackageGroupName=name)
    tags = local_cloud.client("sagemaker").list_tags(ResourceArn=group["ModelPackageGroupArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"platform": "ashlar", "project": "reviews"}


def should_tell_a_topic_of_a_failed_job(local_cloud: LocalCloud) -> None:
    name = _unique("notice")
    sqs, sns = local_cloud.client("sqs"), local_cloud.client("sns")
    heard, heard_arn = _queue(local_cloud, name)
    topic = sns.create_topic(Name=name)["TopicArn"]
    from_sns = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = stacks.document({**from_sns, "Resource": heard_arn})
    sqs.set_queue_attributes(QueueUrl=heard, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard_arn, Attributes={"RawMessageDelivery": "true"})
    failed = {"TrainingJobStatus": ["Failed"], "TrainingJobName": [name]}
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Training Job State Change"], "detail": failed}
    events = local_cloud.client("events")
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=stacks.document(stacks.delivery(topic, rule))
    )
    events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic}])
    local_cloud.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=stacks.make_role(local_cloud, name, "sagemaker.amazonaws.com"),
        AlgorithmSpecification={
            "TrainingImage": "image", "TrainingInputMode": "File", "ContainerEntrypoint": ["false"]
        },
        OutputDataConfig={"S3OutputPath": "s3://nowhere/x"},
        ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )  # fmt: skip
    event = json.loads(eventually(partial(_messages, local_cloud, heard))[0]["Body"])
    assert event["detail"]["TrainingJobArn"].endswith(f":training-job/{name}")
    assert event["detail"]["FailureReason"].startswith("AlgorithmError")
