"""The model registry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.workshop import Workshop, unique

SPECIFICATION = {
    "Containers": [
        {"Image": "image", "ModelDataUrl": "s3://b/m.tar.gz", "Environment": {"A": "package", "B": "package"}}
    ],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}


def _group(workshop: Workshop) -> str:
    name = unique("group")
    workshop.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def _package(workshop: Workshop, group: str, **fields: Any) -> str:
    answer = workshop.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **fields
    )
    return str(answer["ModelPackageArn"])


def should_number_the_versions_of_a_group_without_gaps_when_many_register_at_once(workshop: Workshop) -> None:
    group = _group(workshop)
    with ThreadPoolExecutor(8) as pool:
        arns = list(pool.map(lambda _: _package(workshop, group), range(20)))
    assert sorted(int(arn.rsplit("/", 1)[-1]) for arn in arns) == list(range(1, 21))


def should_list_the_approved_packages_of_one_group_newest_first(workshop: Workshop) -> None:
    group, other = _group(workshop), _group(workshop)
    arns = [_package(workshop, group) for _ in range(3)]
    _package(workshop, other, ModelApprovalStatus="Approved")
    for arn in (arns[0], arns[2]):
        workshop.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    found = workshop.sagemaker.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending"
    )["ModelPackageSummaryList"]
    assert [package["ModelPackageArn"] for package in found] == [arns[2], arns[0]]


def should_list_packages_oldest_first_by_tens_unless_asked_otherwise(workshop: Workshop) -> None:
    group = _group(workshop)
    arns = [_package(workshop, group) for _ in range(11)]
    first = workshop.sagemaker.list_model_packages(ModelPackageGroupName=group)
    rest = workshop.sagemaker.list_model_packages(ModelPackageGroupName=group, NextToken=first["NextToken"])
    pages = [[package["ModelPackageArn"] for package in page["ModelPackageSummaryList"]] for page in (first, rest)]
    assert pages == [arns[:10], arns[10:]]
    assert "NextToken" not in rest


def should_refuse_an_order_that_the_operation_does_not_know(workshop: Workshop) -> None:
    with pytest.raises(ClientError, match="enum value set"):
        workshop.sagemaker.list_model_packages(ModelPackageGroupName=_group(workshop), SortBy="Status")


def should_answer_what_was_registered_and_why_it_was_rejected(workshop: Workshop) -> None:
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/e.json"}}}
    arn = _package(workshop, _group(workshop), ModelMetrics=metrics, CustomerMetadataProperties={"macro_f1": "0.65"})
    workshop.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription="alarm: errors"
    )
    found = workshop.sagemaker.describe_model_package(ModelPackageName=arn)
    assert found["ModelMetrics"] == metrics
    assert found["CustomerMetadataProperties"] == {"macro_f1": "0.65"}
    assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == ("Rejected", "alarm: errors")
    assert found["ModelPackageVersion"] == 1


def should_make_models_of_approved_packages_only(workshop: Workshop) -> None:
    arn, role = _package(workshop, _group(workshop)), workshop.role()
    container = {"ModelPackageName": arn}
    with pytest.raises(ClientError, match="only an Approved package"):
        workshop.sagemaker.create_model(ModelName=unique("m"), PrimaryContainer=container, ExecutionRoleArn=role)
    workshop.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    name = unique("m")
    workshop.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    assert workshop.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelPackageName"] == arn


def should_keep_a_group_that_still_has_packages(workshop: Workshop) -> None:
    group = _group(workshop)
    arn = _package(workshop, group)
    with pytest.raises(ClientError, match="ConflictException"):
        workshop.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    workshop.sagemaker.delete_model_package(ModelPackageName=arn)
    workshop.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="does not exist"):
        workshop.sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def should_check_lengths_and_patterns_that_only_the_service_checks(workshop: Workshop) -> None:
    with pytest.raises(ClientError, match="regular expression pattern"):
        workshop.sagemaker.create_model_package_group(ModelPackageGroupName="under_score")
    with pytest.raises(ClientError, match="length less than or equal to 63"):
        workshop.sagemaker.create_model_package_group(ModelPackageGroupName="a" * 64)
