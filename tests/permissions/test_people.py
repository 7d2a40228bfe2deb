"""Data scientists, approvers, auditors, and the workflow that deploys."""

from __future__ import annotations

import re
from typing import Any

from config import Platform
from review.iam import Deployed
from stacks.permissions import trust
from stacks.values.account import Account
from stacks.values.people import People
from tests.permissions.reading import actions, allowing, every_statement, kind, of_kind, roles, statements
from tests.stacks.resources import of_type
from tests.stacks.variant import changed, stacks_of

PROJECT = "${aws:PrincipalTag/project}"
CREATE = ["sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob"]
TWO_MODELS: dict[str, Any] = {
    "code": "model_code/reviews",
    "processing": {"entry_point": "preprocess.py", "image": "sklearn"},
    "evaluation": {"entry_point": "evaluate.py", "image": "xgboost"},
    "candidates": {"linear": {"entry_point": "train_linear.py", "image": "sklearn"}},
    "gate": {"at_least": 0.5},
}


def should_give_each_model_a_data_scientist_with_its_project_as_tag() -> None:
    access = stacks_of(changed("dev", {"models": {"returns": TWO_MODELS}}))["access"]
    tags = [role["Properties"].get("Tags", []) for role in of_type(access, "AWS::IAM::Role")]
    projects = [tag["Value"] for its in tags for tag in its if tag["Key"] == "project"]
    assert sorted(projects) == ["returns", "reviews"]
    # The approver and the auditor belong to no project.
    assert len(tags) == 4


def should_let_a_data_scientist_start_experiments_of_the_own_project_only(cloud: Deployed, platform: Platform) -> None:
    for action in CREATE:
        (statement,) = allowing(of_kind(cloud, "data-scientist"), action)
        assert statement["Condition"]["StringEquals"]["aws:RequestTag/project"] == PROJECT
        own = f"/{platform.name()}-{PROJECT}-*"
        assert statement["Resource"]
        assert all(job.endswith(own) for job in statement["Resource"])


def should_hold_experiments_to_the_security_of_the_pipelines_jobs(cloud: Deployed, platform: Platform) -> None:
    allowed = platform.identity.data_scientist
    for action in CREATE:
        (statement,) = allowing(of_kind(cloud, "data-scientist"), action)
        conditions = statement["Condition"]
        assert conditions["Bool"] == {
            "sagemaker:NetworkIsolation": "true",
            "sagemaker:InterContainerTrafficEncryption": "true",
        }
        sets = conditions["ForAllValues:StringEquals"]
        assert sets["sagemaker:InstanceTypes"] == allowed.instance_types
        assert conditions["Null"] == dict.fromkeys(sets, "false")
        assert {"sagemaker:VpcSubnets", "sagemaker:VpcSecurityGroupIds"} <= sets.keys()
        assert {"sagemaker:OutputKmsKeyArn", "sagemaker:VolumeKmsKeyArn"} == conditions["ArnEquals"].keys()
        longest = str(allowed.max_runtime_minutes * 60)
        assert conditions["NumericLessThanEquals"] == {"sagemaker:MaxRuntimeInSeconds": longest}


def should_ask_a_data_scientist_for_no_volume_key_where_machines_encrypt_their_own_drives() -> None:
    """SageMaker refuses a key for their volumes, so with the condition nobody could use them."""
    machines = ["ml.m5.large", "ml.g5.xlarge"]
    access = stacks_of(changed("dev", {"identity": {"data_scientist": {"instance_types": machines}}}))["access"]
    asked = {}
    for policy in of_type(access, "AWS::IAM::ManagedPolicy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if CREATE[1] in statement["Action"]:
                keys = statement["Condition"]["ArnEquals"]
                for machine in statement["Condition"]["ForAllValues:StringEquals"]["sagemaker:InstanceTypes"]:
                    asked[machine] = "sagemaker:VolumeKmsKeyArn" in keys
                assert keys["sagemaker:OutputKmsKeyArn"]
    assert asked == {"ml.m5.large": True, "ml.g5.xlarge": False}


def should_give_a_data_scientist_no_shell_into_a_job(cloud: Deployed) -> None:
    (statement,) = allowing(of_kind(cloud, "data-scientist"), "sagemaker:CreateTrainingJob")
    assert statement["Condition"]["BoolIfExists"] == {"sagemaker:EnableRemoteDebug": "false"}


def should_show_a_data_scientist_the_objects_of_the_own_project_only(cloud: Deployed) -> None:
    found = of_kind(cloud, "data-scientist")
    (read,) = allowing(found, "s3:GetObject")
    assert len(read["Resource"]) == 7
    assert all(re.search(rf"/[a-z]+/{re.escape(PROJECT)}/\*$", path) for path in read["Resource"])
    (listing,) = allowing(found, "s3:ListBucket")
    assert all(prefix.endswith(f"/{PROJECT}/*") for prefix in listing["Condition"]["StringLike"]["s3:prefix"])


def should_let_a_data_scientist_pass_no_role_but_that_of_experiments(cloud: Deployed) -> None:
    (passing,) = allowing(of_kind(cloud, "data-scientist"), "iam:PassRole")
    assert [role.split("/")[3] for role in passing["Resource"]] == ["experiment"]


def should_show_a_data_scientist_what_the_experiments_wrote(cloud: Deployed) -> None:
    (written,) = allowing(of_kind(cloud, "experiment"), "s3:PutObject")
    (read,) = allowing(of_kind(cloud, "data-scientist"), "s3:GetObject")
    assert [path.replace("/reviews/", f"/{PROJECT}/") for path in written["Resource"]] == read["Resource"][-1:]


def should_follow_only_jobs_of_the_own_project(cloud: Deployed) -> None:
    for action in ("sagemaker:StopTrainingJob", "sagemaker:StopProcessingJob", "sagemaker:StartPipelineExecution"):
        (statement,) = allowing(of_kind(cloud, "data-scientist"), action)
        assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/project": PROJECT}}


def should_leave_approval_to_the_approver_who_can_make_nothing_to_approve(cloud: Deployed) -> None:
    assert "sagemaker:UpdateModelPackage" not in actions(of_kind(cloud, "data-scientist"))
    approver = of_kind(cloud, "approver")
    assert not [action for action in actions(approver) if re.search(r":(Create|Delete|Put|Start|Add|Pass)", action)]
    (decide,) = allowing(approver, "sagemaker:UpdateModelPackage")
    assert decide["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]}}
    assert actions([decide]) == {"sagemaker:UpdateModelPackage"}


def should_let_nobody_but_the_approver_and_a_gate_approve(cloud: Deployed, platform: Platform) -> None:
    able = set()
    for role in roles(cloud):
        for action in ("sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"):
            for statement in allowing(statements(cloud, role), action):
                statuses = statement["Condition"]["StringEquals"]["sagemaker:ModelApprovalStatus"]
                if "Approved" in (statuses if isinstance(statuses, list) else [statuses]):
                    able.add(kind(role))
    gate = {"pipeline"} if platform.models["reviews"].approval == "automatic" else set()
    assert able == {"approver"} | gate


def should_let_an_auditor_look_and_do_nothing(cloud: Deployed) -> None:
    allowed = actions(of_kind(cloud, "auditor"))
    assert [a for a in allowed if not re.search(r":(Get|GET$|List|Describe|Lookup|Filter)", a)] == []


def should_show_an_auditor_neither_data_nor_predictions(cloud: Deployed) -> None:
    shows = {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "kms:Decrypt", "sagemaker:InvokeEndpoint"}
    shows |= {"ecr:GetDownloadUrlForLayer", "lambda:GetFunction", "logs:GetLogEvents", "sqs:ReceiveMessage"}
    assert not actions(of_kind(cloud, "auditor")) & shows


def should_give_no_two_kinds_of_people_each_others_powers(cloud: Deployed) -> None:
    """Who brings data in does not read it; who takes it away cannot look into it."""
    assert not actions(of_kind(cloud, "uploader")) & {"s3:GetObject", "s3:DeleteObject", "s3:ListBucket"}
    for where, statement in every_statement(cloud):
        if "Custodian" in where:
            assert not {"s3:GetObject", "s3:PutObject"} & set(statement["Action"]), where


def should_let_sessions_of_named_permission_sets_in_without_a_second_factor_of_their_own() -> None:
    account = Account("aws", "111122223333", "eu-west-1")
    users, sessions = trust.people(account, People(mfa=True, permission_sets=["DataScience"]))["Statement"]
    assert users["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    reserved = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com"
    roles = [f"{reserved}/AWSReservedSSO_DataScience_*", f"{reserved}/*/AWSReservedSSO_DataScience_*"]
    assert sessions["Condition"] == {"ArnLike": {"aws:PrincipalArn": roles}}
    assert sessions["Principal"] == users["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
