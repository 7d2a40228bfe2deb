"""What policies can tell: the VPC a call comes from, who made it, and how it was made."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local import conditions, stacks
from tests.local.cloud import ACCOUNT, LocalCloud
from tests.local.sagemaker.workshop import Workshop

_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_ANY = {"Action": ["s3:*", "logs:*"], "Resource": "*"}
_WRITE = """
import boto3, os, sys
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
s3.put_object(Bucket=sys.argv[1], Key="from-the-script", Body=b"x")
print("key", os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_SESSION_TOKEN"])
"""


def _unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class Perimeter:
    """A deployed perimeter."""

    cloud: LocalCloud
    ids: dict[str, str]

    @property
    def bucket(self) -> str:
        """The bucket that only the endpoint reaches."""
        return self.ids["Bucket"]

    @property
    def vpc(self) -> dict[str, Any]:
        """A VpcConfig."""
        return {"Subnets": [self.ids["Subnet"]], "SecurityGroupIds": [self.ids["Group"]]}

    def job(self, workshop: Workshop, role: str, script: str, **network: Any) -> dict[str, Any]:
        """Run a processing job that writes to the bucket and has its output there; its description at the end."""
        target = {"LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
        output = {"OutputName": "out", "S3Output": {**target, "S3Uri": f"s3://{self.bucket}/out"}}
        arguments = workshop.processing(
            role, script, NetworkConfig=network, ProcessingOutputConfig={"Outputs": [output]}
        )
        arguments["AppSpecification"]["ContainerArguments"] = ["main.py", self.bucket]
        return workshop.finished_processing(arguments)


def _perimeter(cloud: LocalCloud, **options: Any) -> Perimeter:
    name = _unique("perimeter")
    stack = stacks.deploy(cloud, name, conditions.perimeter(**options))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(cloud, name)
    return Perimeter(cloud, stacks.resources(cloud, name))


def should_let_a_job_reach_the_bucket_through_its_vpcs_endpoint_and_from_nowhere_else(workshop: Workshop) -> None:
    place = _perimeter(workshop.cloud)
    role = stacks.make_role(workshop.cloud, _unique("job"), "sagemaker.amazonaws.com", _ANY)
    inside = place.job(workshop, role, _WRITE, VpcConfig=place.vpc)
    assert inside["ProcessingJobStatus"] == "Completed", inside
    outside = place.job(workshop, role, _WRITE)
    assert outside["ProcessingJobStatus"] == "Failed"
    assert "AccessDenied" in outside["FailureReason"] and "PutObject" in outside["FailureReason"]


def should_refuse_the_credentials_of_a_job_outside_its_vpc(workshop: Workshop) -> None:
    place = _perimeter(workshop.cloud)
    role = stacks.make_role(workshop.cloud, _unique("stolen"), "sagemaker.amazonaws.com", _ANY)
    assert place.job(workshop, role, _WRITE, VpcConfig=place.vpc)["ProcessingJobStatus"] == "Completed"
    line = [text for text in workshop.log("/aws/sagemaker/ProcessingJobs").splitlines() if text.startswith("key ")][-1]
    stolen = dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), line.split()[1:], strict=True))
    s3 = workshop.cloud.client("s3", stolen)
    s3.list_buckets()
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=place.bucket, Key="from-the-script")


def should_hold_a_job_to_the_policy_of_its_endpoint(workshop: Workshop) -> None:
    reading = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    place = _perimeter(workshop.cloud, PolicyDocument={"Version": "2012-10-17", "Statement": [reading]})
    role = stacks.make_role(workshop.cloud, _unique("held"), "sagemaker.amazonaws.com", _ANY)
    refused = place.job(workshop, role, _WRITE, VpcConfig=place.vpc)
    assert refused["ProcessingJobStatus"] == "Failed" and "PutObject" in refused["FailureReason"]


def should_not_ask_an_endpoint_about_the_role_that_a_call_passes(workshop: Workshop) -> None:
    place = _perimeter(workshop.cloud)
    passed = stacks.make_role(workshop.cloud, _unique("passed"), "sagemaker.amazonaws.com")
    calls = {"Action": ["sagemaker:CreatePipeline", "iam:PassRole"], "Resource": "*"}
    role = stacks.make_role(workshop.cloud, _unique("passes"), "sagemaker.amazonaws.com", _ANY, calls)
    own = {"Effect": "Allow", "Principal": "*", "Action": "sagemaker:*", "Resource": "*"}
    endpoint = {
        "VpcId": place.ids["Vpc"],
        "VpcEndpointType": "Interface",
        "ServiceName": "com.amazonaws.eu-west-1.sagemaker.api",
        "PrivateDnsEnabled": True,
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [own]},
    }
    name = _unique("endpoint")
    template: stacks.Template = {"Resources": {"It": {"Type": "AWS::EC2::VPCEndpoint", "Properties": endpoint}}}
    assert stacks.deploy(workshop.cloud, name, template)["StackStatus"] == "CREATE_COMPLETE"
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "as the test wants"}}
    definition = {"Version": "2020-12-01", "Parameters": [], "Steps": [step]}
    script = (
        "import boto3\n"
        f"boto3.client('sagemaker').create_pipeline(PipelineName='{_unique('made')}', RoleArn='{passed}',"
        f" PipelineDefinition='{json.dumps(definition)}')\n"
    )
    ended = place.job(workshop, role, script, VpcConfig=place.vpc)
    assert ended["ProcessingJobStatus"] == "Completed", ended["FailureReason"]


def should_cut_a_job_off_from_services_that_its_vpc_has_no_way_to(workshop: Workshop) -> None:
    place = _perimeter(workshop.cloud)
    role = stacks.make_role(
        workshop.cloud, _unique("cut-off"), "sagemaker.amazonaws.com", _ANY, {"Action": "sqs:*", "Resource": "*"}
    )
    # The message alone: a failure's reason has 1,024 characters, which a traceback of long paths fills.
    script = (
        "import sys, boto3\ntry:\n    boto3.client('sqs').list_queues()\nexcept Exception as e:\n    sys.exit(str(e))\n"
    )
    refused = place.job(workshop, role, script, VpcConfig=place.vpc)
    assert refused["ProcessingJobStatus"] == "Failed" and "sqs:listqueues" in refused["FailureReason"].lower()
    workshop.cloud.client("ec2").create_route(
        RouteTableId=place.ids["Table"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-1"
    )
    assert place.job(workshop, role, script, VpcConfig=place.vpc)["ProcessingJobStatus"] == "Completed"


def should_give_an_isolated_job_no_credentials_and_still_store_its_output(workshop: Workshop) -> None:
    place = _perimeter(workshop.cloud)
    role = stacks.make_role(workshop.cloud, _unique("isolated"), "sagemaker.amazonaws.com", _ANY)
    script = "import os\nassert 'AWS_ACCESS_KEY_ID' not in os.environ\nopen('/tmp/x', 'w')\n"
    ended = place.job(workshop, role, script, VpcConfig=place.vpc, EnableNetworkIsolation=True)
    assert ended["ProcessingJobStatus"] == "Completed", ended


def should_exempt_a_role_by_its_arn_with_its_path(local_cloud: LocalCloud) -> None:
    name = _unique("exempt")
    place = _perimeter(local_cloud, exempt=f"arn:aws:iam::{ACCOUNT}:role/ashlar/local/pipeline/{name}")
    iam = local_cloud.client("iam")
    trust = stacks.document({"Effect": "Allow", "Principal": {"AWS": _ROOT}, "Action": "sts:AssumeRole"})
    allowed = stacks.document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    for path in ("/ashlar/local/pipeline/", "/ashlar/local/other/"):
        role = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowed)
        s3 = local_cloud.client("s3", stacks.credentials_of(local_cloud, role))
        if path.endswith("pipeline/"):
            s3.put_object(Bucket=place.bucket, Key="k", Body=b"")
            iam.delete_role_policy(RoleName=name, PolicyName="all")
            iam.delete_role(RoleName=name)
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.put_object(Bucket=place.bucket, Key="k", Body=b"")


def should_let_a_function_in_the_vpc_reach_the_bucket(local_cloud: LocalCloud) -> None:
    place = _perimeter(local_cloud)
    role = stacks.make_role(local_cloud, _unique("function"), "lambda.amazonaws.com", _ANY)
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket=event['bucket'], Key='k', Body=b'')\n"
        "    return 'stored'\n"
    )
    template: stacks.Template = {"Resources": {}}
    for kind, vpc in (("Inside", {"SubnetIds": [place.ids["Subnet"]], "SecurityGroupIds": []}), ("Outside", None)):
        properties: dict[str, Any] = {
            "Role": role,
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": code},
        }
        properties |= {"Timeout": 30} | ({"VpcConfig": vpc} if vpc else {})
        template["Resources"][kind] = {"Type": "AWS::Lambda::Function", "Properties": properties}
    name = _unique("functions")
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "CREATE_COMPLETE", stacks.failures(
        local_cloud, name
    )
    answers = {}
    for kind, function in stacks.resources(local_cloud, name).items():
        answer = local_cloud.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps({"bucket": place.bucket}).encode()
        )
        answers[kind] = answer["Payload"].read().decode()
    assert answers["Inside"] == '"stored"', answers
    assert "AccessDenied" in answers["Outside"]


def _denied_if(cloud: LocalCloud, **condition: Any) -> Any:
    """S3 as a role that is denied everything if the condition holds."""
    name = _unique("denied")
    role = stacks.make_role(cloud, name, "account", {"Action": "s3:*", "Resource": "*"})
    deny = stacks.document({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition})
    cloud.client("iam").put_role_policy(RoleName=name, PolicyName="deny", PolicyDocument=deny)
    return cloud.client("s3", stacks.credentials_of(cloud, role))


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("Bool", "aws:SecureTransport", "false"),
        ("NumericLessThan", "s3:TlsVersion", "1.2"),
        ("Bool", "aws:PrincipalIsAWSService", "true"),
        ("Bool", "aws:ViaAWSService", "true"),
        ("StringNotEquals", "aws:PrincipalAccount", ACCOUNT),
        ("StringNotEquals", "aws:ResourceAccount", ACCOUNT),
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
        ("Null", "aws:PrincipalArn", "true"),
        ("Null", "aws:SourceVpce", "false"),
        ("ArnNotLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/denied-*"),
    ],
)
def should_know_who_calls_and_how(local_cloud: LocalCloud, operator: str, key: str, value: str) -> None:
    _denied_if(local_cloud, **{operator: {key: value}}).list_buckets()


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("Bool", "aws:SecureTransport", "true"),
        ("NumericGreaterThan", "s3:TlsVersion", "1.1"),
        ("Bool", "aws:PrincipalIsAWSService", "false"),
        ("Bool", "aws:ViaAWSService", "false"),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT),
        ("Bool", "aws:MultiFactorAuthPresent", "false"),
        ("Null", "aws:SourceVpce", "true"),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/denied-*"),
    ],
)
def should_deny_on_who_calls_and_how(local_cloud: LocalCloud, operator: str, key: str, value: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        _denied_if(local_cloud, **{operator: {key: value}}).list_buckets()


def should_tell_the_key_that_an_object_is_to_be_encrypted_with(local_cloud: LocalCloud) -> None:
    bucket = _unique("encrypted")
    local_cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    right = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1111"
    key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    s3 = _denied_if(local_cloud, StringNotEquals={key: right}, Null={key: "false"})
    s3.put_object(Bucket=bucket, Key="default", Body=b"")
    s3.put_object(Bucket=bucket, Key="right", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=right)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="wrong", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=right + "2")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", ServerSideEncryption="aws:kms", SSEKMSKeyId=right)
    s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload["UploadId"], PartNumber=1, Body=b"part")


def should_let_in_who_assumes_a_role_with_mfa(local_cloud: LocalCloud) -> None:
    iam = local_cloud.client("iam")
    name = _unique("person")
    user = iam.create_user(UserName=name)["User"]
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole", "Condition": condition}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=stacks.document(trust))["Role"]["Arn"]
    allowed = stacks.document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=allowed)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    sts = local_cloud.client("sts", {k: key[k] for k in ("AccessKeyId", "SecretAccessKey")})
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="without")
    sts.assume_role(RoleArn=role, RoleSessionName="with", SerialNumber=device, TokenCode="123456")


def should_fill_in_policy_variables(local_cloud: LocalCloud) -> None:
    name = _unique("variables")
    s3 = local_cloud.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    own = {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/${{aws:PrincipalTag/project}}/*"}
    credentials = {}
    for project in ("reviews", ""):
        role = stacks.make_role(local_cloud, f"{name}{project}", "account", own)
        if project:
            local_cloud.client("iam").tag_role(RoleName=f"{name}{project}", Tags=[{"Key": "project", "Value": project}])
        credentials[project] = stacks.credentials_of(local_cloud, role)
    local_cloud.client("s3", credentials["reviews"]).put_object(Bucket=name, Key="reviews/a", Body=b"")
    for project, key in (("reviews", "other/a"), ("", "reviews/a"), ("", "/a")):
        with pytest.raises(ClientError, match="AccessDenied"):
            local_cloud.client("s3", credentials[project]).put_object(Bucket=name, Key=key, Body=b"")
