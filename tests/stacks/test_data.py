"""The buckets, each control by a property of its own; who is locked out is the perimeter's table in tests/review."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from config.schema import DataSettings
from stacks.constructs.private_bucket import PrivateBucket
from stacks.data import Data
from stacks.permissions.perimeter import BucketStatement
from stacks.values.account import Account
from stacks.values.identity import Identity
from stacks.values.key_arns import KeyArns
from stacks.values.people import People
from tests.stacks.resources import Template, of_type

ACCOUNT = Account("aws", "111122223333", "eu-west-1")
IDENTITY = Identity(ACCOUNT, "/ashlar/dev/", ACCOUNT.global_arn("iam", "policy/boundary"))
DATA_KEY, ARTIFACTS_KEY = (ACCOUNT.arn("kms", f"key/{n * 8}-0000-0000-0000-000000000000") for n in "da")
KEYS = KeyArns(
    data=DATA_KEY, artifacts=ARTIFACTS_KEY, functions="arn:f", logs="arn:l", trail="arn:t", notifications="arn:n"
)
BREAK_GLASS = ACCOUNT.global_arn("iam", "role/break-glass")
each_bucket = pytest.mark.parametrize("name", ["Raw", "Data", "Artifacts"])
SETTINGS = DataSettings(noncurrent_days=45, processed_days=20)
BUCKETS = {"Raw": DATA_KEY, "Data": DATA_KEY, "Artifacts": ARTIFACTS_KEY}


def synthesized(settings: DataSettings = SETTINGS, *, retain: bool = False, **own: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    arguments: dict[str, Any] = {
        "settings": settings,
        "identity": IDENTITY,
        "keys": KEYS,
        "access_logs_bucket": "the-access-logs",
        "s3_endpoint_id": "vpce-0s3",
        "break_glass": [BREAK_GLASS],
        "qualifier": "ashlar1",
        "people": People(mfa=True),
        "retain": retain,
        "hosted": ["hosting"],
    }
    Data(app, "data", **(arguments | own))
    template: Template = app.synth().get_stack_by_name("data").template
    return template


@pytest.fixture(scope="module")
def template() -> Template:
    return synthesized(also_emptied=["the-trail", "the-access-logs"])


@pytest.fixture(scope="module")
def retained() -> Template:
    return synthesized(DataSettings(object_lock_days=30), retain=True)


def named(template: Template, type: str, name: str) -> dict[str, Any]:
    """The one resource of the type that belongs to the construct `name`."""
    found: list[dict[str, Any]] = [
        its for id, its in template["Resources"].items() if id.startswith(name) and its["Type"] == type
    ]
    (resource,) = found
    return resource


def bucket(template: Template, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = named(template, "AWS::S3::Bucket", name)["Properties"]
    return properties


def policy(template: Template, name: str) -> dict[str, dict[str, Any]]:
    """Sid -> statement of a bucket's policy."""
    document = named(template, "AWS::S3::BucketPolicy", name)["Properties"]["PolicyDocument"]
    return {statement["Sid"]: statement for statement in document["Statement"]}


def role_policy(template: Template, name: str) -> dict[str, dict[str, Any]]:
    """Sid -> statement of a role's policy, references as the logical ids that they name."""
    document = named(template, "AWS::IAM::ManagedPolicy", name)["Properties"]["PolicyDocument"]
    return {
        statement["Sid"]: {**statement, "Resource": plain(statement["Resource"])} for statement in document["Statement"]
    }


def plain(value: Any) -> Any:
    """Joins done, references as `<Raw>`."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(plain(part) for part in value["Fn::Join"][1])
    if isinstance(value, dict) and "Ref" in value:
        return f"<{value['Ref'].split('Bucket')[0]}>"
    return value


@pytest.mark.parametrize(("name", "key"), BUCKETS.items())
def should_encrypt_with_the_key_of_the_class_and_a_bucket_key(template: Template, name: str, key: str) -> None:
    assert bucket(template, name)["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {"KMSMasterKeyID": key, "SSEAlgorithm": "aws:kms"},
            }
        ]
    }


@each_bucket
def should_block_public_access(template: Template, name: str) -> None:
    assert bucket(template, name)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


@each_bucket
def should_have_no_acls(template: Template, name: str) -> None:
    assert bucket(template, name)["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@each_bucket
def should_keep_versions(template: Template, name: str) -> None:
    assert bucket(template, name)["VersioningConfiguration"] == {"Status": "Enabled"}


@each_bucket
def should_log_accesses_below_a_prefix_of_its_own(template: Template, name: str) -> None:
    assert bucket(template, name)["LoggingConfiguration"] == {
        "DestinationBucketName": "the-access-logs",
        "LogFilePrefix": f"{name.lower()}/",
    }


@each_bucket
def should_have_no_name(template: Template, name: str) -> None:
    assert "BucketName" not in bucket(template, name)


@each_bucket
def should_clear_up_replaced_versions_and_unfinished_uploads(template: Template, name: str) -> None:
    assert bucket(template, name)["LifecycleConfiguration"]["Rules"][0] == {
        "Id": "Leftovers",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 45},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "ExpiredObjectDeleteMarker": True,
    }


@each_bucket
def should_refuse_plain_http_and_old_tls(template: Template, name: str) -> None:
    statements = policy(template, name)
    for sid, condition in {
        "TlsOnly": {"Bool": {"aws:SecureTransport": "false"}},
        "Tls12": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    }.items():
        assert statements[sid]["Effect"] == "Deny"
        assert statements[sid]["Principal"] == "*"
        assert statements[sid]["Action"] == ["s3:*"]
        assert statements[sid]["Condition"] == condition
        assert plain(statements[sid]["Resource"]) == [f"arn:aws:s3:::<{name}>", f"arn:aws:s3:::<{name}>/*"]


@each_bucket
def should_refuse_other_accounts(template: Template, name: str) -> None:
    statement = policy(template, name)["OwnAccountOnly"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", ["s3:*"])
    assert statement["Condition"] == {
        "StringNotEqualsIfExists": {"aws:PrincipalAccount": "111122223333"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }


def network(template: Template, name: str) -> dict[str, dict[str, Any]]:
    """The statements that are about the way to the objects, by sid."""
    found = {sid: its for sid, its in policy(template, name).items() if "ThroughTheEndpointOnly" in sid}
    assert set(found) == {"ThroughTheEndpointOnly"} | ({"ReadThroughTheEndpointOnly"} if name == "Artifacts" else set())
    return found


@each_bucket
def should_open_objects_to_the_vpc_only(template: Template, name: str) -> None:
    for statement in network(template, name).values():
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"]["StringNotEquals"] == {"aws:SourceVpce": "vpce-0s3"}
        assert statement["Condition"]["BoolIfExists"] == {
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
        }


@each_bucket
def should_lock_nobody_out_of_the_bucket_itself(template: Template, name: str) -> None:
    """CloudFormation deletes buckets, administrators repair policies, a scanner reads the settings."""
    actions = [action for statement in network(template, name).values() for action in statement["Action"]]
    assert len(actions) == len(set(actions))
    assert set(actions) == {
        "s3:GetObject*",
        "s3:PutObject*",
        "s3:DeleteObject*",
        "s3:RestoreObject",
        "s3:ListBucket*",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
    }


@each_bucket
def should_refuse_other_keys_than_the_buckets(template: Template, name: str) -> None:
    statements = policy(template, name)
    header = "s3:x-amz-server-side-encryption"
    assert statements["NoOtherKey"]["Condition"] == {
        "StringNotEqualsIfExists": {f"{header}-aws-kms-key-id": BUCKETS[name]},
        "Null": {header: "false"},
    }
    assert statements["NoCustomerProvidedKey"]["Condition"] == {"Null": {f"{header}-customer-algorithm": "false"}}
    for sid in ("NoOtherKey", "NoCustomerProvidedKey"):
        assert (statements[sid]["Effect"], statements[sid]["Action"]) == ("Deny", ["s3:PutObject"])


@each_bucket
def should_allow_nothing_by_itself(template: Template, name: str) -> None:
    assert {statement["Effect"] for statement in policy(template, name).values()} == {"Deny"}


@each_bucket
def should_keep_bucket_and_policy_where_data_is_retained(template: Template, retained: Template, name: str) -> None:
    for type in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
        for its, kept in ((template, "Delete"), (retained, "Retain")):
            resource = named(its, type, name)
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (kept, kept)


def exempt(template: Template, name: str, sid: str = "ThroughTheEndpointOnly") -> set[str]:
    return set(policy(template, name)[sid]["Condition"]["ArnNotLike"]["aws:PrincipalArn"])


def should_let_models_roles_read_artifacts_from_elsewhere_and_no_more(template: Template) -> None:
    """SageMaker may look for a model's artifact as the model's role, from its own network."""
    reading = exempt(template, "Artifacts", "ReadThroughTheEndpointOnly")
    assert reading - exempt(template, "Artifacts") == {"arn:aws:iam::111122223333:role/ashlar/dev/hosting/*"}
    assert policy(template, "Artifacts")["ReadThroughTheEndpointOnly"]["Action"] == ["s3:GetObject*"]


def should_exempt_only_who_works_from_outside_the_vpc(template: Template, retained: Template) -> None:
    role = "arn:aws:iam::111122223333:role"
    always = {
        f"{role}/ashlar/dev/pipeline/*",
        f"{role}/cdk-ashlar1-cfn-exec-role-111122223333-eu-west-1",
        f"{role}/cdk-ashlar1-deploy-role-111122223333-eu-west-1",
        BREAK_GLASS,
    }
    uploader, custodian = {f"{role}/ashlar/dev/uploader/*"}, {f"{role}/ashlar/dev/custodian/*"}
    assert exempt(template, "Raw") == always | uploader | custodian
    assert exempt(template, "Data") == exempt(template, "Artifacts") == always | custodian
    assert exempt(retained, "Raw") == always | uploader
    assert exempt(retained, "Data") == exempt(retained, "Artifacts") == always


def should_tell_event_bridge_about_uploads_only(template: Template) -> None:
    assert bucket(template, "Raw")["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    for name in ("Data", "Artifacts"):
        assert "NotificationConfiguration" not in bucket(template, name)


def should_lock_raw_objects_where_it_is_asked_for(template: Template, retained: Template) -> None:
    locked = bucket(retained, "Raw")
    assert locked["ObjectLockEnabled"] is True
    assert locked["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
    }
    for properties in (bucket(template, "Raw"), bucket(retained, "Data"), bucket(retained, "Artifacts")):
        assert not {"ObjectLockEnabled", "ObjectLockConfiguration"} & set(properties)


def should_expire_processed_data_where_it_is_asked_for(template: Template, retained: Template) -> None:
    _, expiry = bucket(template, "Data")["LifecycleConfiguration"]["Rules"]
    assert expiry == {"Id": "Expire processed/", "Status": "Enabled", "Prefix": "processed/", "ExpirationInDays": 20}
    for properties in (bucket(template, "Raw"), bucket(template, "Artifacts"), bucket(retained, "Data")):
        assert len(properties["LifecycleConfiguration"]["Rules"]) == 1


def should_let_the_uploader_add_raw_objects_and_nothing_else(template: Template) -> None:
    assert role_policy(template, "Uploader") == {
        "WriteRaw": {
            "Sid": "WriteRaw",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": ["arn:aws:s3:::<Raw>/raw/*"],
            "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}},
        },
        "Key": {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": [DATA_KEY],
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        },
    }


def should_let_the_custodian_delete_in_the_named_buckets_and_nothing_else(template: Template) -> None:
    own = {"StringEquals": {"aws:ResourceAccount": "111122223333"}}
    buckets = [f"arn:aws:s3:::{name}" for name in ("<Raw>", "<Data>", "<Artifacts>", "the-trail", "the-access-logs")]
    assert role_policy(template, "Custodian") == {
        "List": {
            "Sid": "List",
            "Effect": "Allow",
            "Action": ["s3:ListBucketVersions"],
            "Resource": buckets,
            "Condition": own,
        },
        "Delete": {
            "Sid": "Delete",
            "Effect": "Allow",
            "Action": ["s3:DeleteObjectVersion"],
            "Resource": [f"{name}/*" for name in buckets],
            "Condition": own,
        },
    }


def should_let_the_analyst_of_endpoints_that_capture_read_and_label(template: Template) -> None:
    captured = synthesized(captured=["ashlar-dev-reviews"])
    own = {"StringEquals": {"aws:ResourceAccount": "111122223333"}}
    paths = ["capture/ashlar-dev-reviews/*", "ground-truth/ashlar-dev-reviews/*"]
    found = role_policy(captured, "Analyst")
    assert found["Read"]["Action"] == ["s3:GetObject"]
    assert found["Read"]["Resource"] == [f"arn:aws:s3:::<Data>/{path}" for path in paths]
    assert found["List"]["Condition"] == {**own, "StringLike": {"s3:prefix": paths}}
    assert found["Label"]["Action"] == ["s3:PutObject"]
    assert found["Label"]["Resource"] == [f"arn:aws:s3:::<Data>/{paths[1]}"]
    assert found["Key"]["Resource"] == [DATA_KEY]
    assert set(found) == {"Read", "List", "Label", "Key"}
    assert "AnalystRole" in captured["Outputs"]
    assert "analyst" not in json.dumps(template).lower()


def should_give_no_log_bucket_to_the_custodian_unasked() -> None:
    own = role_policy(synthesized(), "Custodian")["List"]["Resource"]
    assert own == ["arn:aws:s3:::<Raw>", "arn:aws:s3:::<Data>", "arn:aws:s3:::<Artifacts>"]


def should_have_no_custodian_where_data_is_retained(retained: Template) -> None:
    assert [its["Properties"]["Path"] for its in of_type(retained, "AWS::IAM::Role")] == ["/ashlar/dev/uploader/"]
    assert "custodian" not in json.dumps(retained).lower()


@pytest.mark.parametrize("mfa", [True, False])
def should_trust_people_of_the_account_with_a_second_factor(mfa: bool) -> None:
    roles = of_type(synthesized(people=People(mfa=mfa)), "AWS::IAM::Role")
    assert len(roles) == 2
    for role in roles:
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
        expected = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if mfa else None
        assert statement.get("Condition") == expected


def should_say_what_the_operators_tools_ask_for(template: Template, retained: Template) -> None:
    buckets = {"RawBucket", "DataBucket", "ArtifactsBucket"}
    assert set(template["Outputs"]) == buckets | {"UploaderRole", "CustodianRole"}
    assert set(retained["Outputs"]) == buckets | {"UploaderRole"}


def should_make_a_bucket_for_access_logs_with_its_own_encryption() -> None:
    """S3 delivers access logs to a bucket that encrypts with its own key and does not log itself."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    delivery = BucketStatement(
        "AccessLogs",
        ["s3:PutObject"],
        {"StringEquals": {"aws:SourceAccount": ACCOUNT.id}},
        principal={"Service": "logging.s3.amazonaws.com"},
        paths=["/*"],
        effect="Allow",
    )
    logs = {"key": None, "access_logs": None, "noncurrent_days": 1, "retain": False, "expire": {"": 365}}
    PrivateBucket(cdk.Stack(app, "audit"), "Logs", account=ACCOUNT, statements=[delivery], **logs)  # type: ignore[arg-type]
    template = app.synth().get_stack_by_name("audit").template
    properties = bucket(template, "Logs")
    assert properties["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    }
    assert "LoggingConfiguration" not in properties
    assert properties["LifecycleConfiguration"]["Rules"][1]["ExpirationInDays"] == 365
    statements = policy(template, "Logs")
    assert set(statements) == {"TlsOnly", "Tls12", "OwnAccountOnly", "AccessLogs"}
    assert statements["AccessLogs"] | {"Resource": plain(statements["AccessLogs"]["Resource"])} == {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::<Logs>/*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    }
