"""The model registry: groups, and versioned packages with their approval."""

from typing import Any

from local.sagemaker import listing
from local.sagemaker.errors import ApiError, unsupported, validation
from local.sagemaker.events import state_changed
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.shapes import answer
from local.sagemaker.state import Region, Table, now

_PACKAGE_FIELDS = (
    *("ModelPackageGroupName", "ModelPackageDescription", "InferenceSpecification", "ModelApprovalStatus"),
    *("MetadataProperties", "ModelMetrics", "ClientToken", "Domain", "Task", "SamplePayloadUrl", "DriftCheckBaselines"),
    *("CustomerMetadataProperties", "SkipModelValidation", "SourceUri", "Tags"),
)


def groups(region: Region) -> Table:
    """Return the region's model package groups by name."""
    return region.table(
        "model-package-group",
        lambda name: validation(f"ModelPackageGroup {region.arn(f'model-package-group/{name}')} does not exist."),
    )


def packages(region: Region) -> Table:
    """Return the region's model packages by ARN."""
    return region.table("model-package", lambda arn: validation(f"ModelPackage {arn} does not exist."))


def _group_name(given: str) -> str:
    return given.rsplit("/", 1)[-1]


@operation("CreateModelPackageGroup", "ModelPackageGroupName", "ModelPackageGroupDescription", "Tags")
def create_group(call: Call) -> Record:
    """Make a group."""
    name = call["ModelPackageGroupName"]
    arn = call.region.arn(f"model-package-group/{name}")
    with call.region.lock:
        if name in groups(call.region):
            raise validation(f"Model Package Group already exists: {arn}")
        groups(call.region)[name] = {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupDescription": call.get("ModelPackageGroupDescription"),
            "CreationTime": now(),
            "CreatedBy": {},
            "ModelPackageGroupStatus": "Completed",
            "_versions": 0,
        }
        call.region.tag(arn, call.get("Tags"))
    return {"ModelPackageGroupArn": arn}


@operation("DescribeModelPackageGroup", "ModelPackageGroupName")
def describe_group(call: Call) -> Record:
    """Return the group."""
    return groups(call.region)[_group_name(call["ModelPackageGroupName"])]


@operation("ListModelPackageGroups", *listing.FIELDS)
def list_groups(call: Call) -> Record:
    """Return the groups that match."""
    records = groups(call.region).values()
    return listing.page(call, records, "ModelPackageGroupSummaryList", "ModelPackageGroupName")


@operation("DeleteModelPackageGroup", "ModelPackageGroupName")
def delete_group(call: Call) -> Record:
    """Remove an empty group."""
    with call.region.lock:
        group = groups(call.region)[_group_name(call["ModelPackageGroupName"])]
        name = group["ModelPackageGroupName"]
        if any(package["ModelPackageGroupName"] == name for package in packages(call.region).values()):
            raise ApiError(
                "ConflictException",
                f"Cannot delete Model Package Group {group['ModelPackageGroupArn']}: it still contains Model Packages.",
            )
        del groups(call.region)[name]
        call.region.tags.pop(group["ModelPackageGroupArn"], None)
    return {}


@operation("CreateModelPackage", *_PACKAGE_FIELDS)
def create_package(call: Call) -> Record:
    """Add the next version to a group; two at the same time get two versions."""
    given = call.get("ModelPackageGroupName")
    if not given:
        raise unsupported("A model package outside a group", "Give ModelPackageGroupName.")
    if not call.get("InferenceSpecification", {}).get("Containers"):
        raise validation("InferenceSpecification with at least one container is required.")
    with call.region.lock:
        group = groups(call.region)[_group_name(given)]
        known = call.region.idempotent.get(("CreateModelPackage", call.get("ClientToken", "")))
        if known:
            return {"ModelPackageArn": known}
        group["_versions"] += 1
        record = _new_package(call, group["ModelPackageGroupName"], group["_versions"])
        arn = record["ModelPackageArn"]
        packages(call.region)[arn] = record
        if call.get("ClientToken"):
            call.region.idempotent["CreateModelPackage", call["ClientToken"]] = arn
        call.region.tag(arn, call.get("Tags"))
    _announce(record)
    return {"ModelPackageArn": arn}


def _new_package(call: Call, group: str, version: int) -> Record:
    moment = now()
    return {
        **{k: v for k, v in call.params.items() if k not in ("Tags", "ClientToken")},
        "ModelPackageGroupName": group,
        "ModelPackageVersion": version,
        # A versioned package has no name of its own; Describe answers its ARN's last part there.
        "ModelPackageName": f"{group}/{version}",
        "ModelPackageArn": call.region.arn(f"model-package/{group}/{version}"),
        "ModelApprovalStatus": call.get("ModelApprovalStatus", "PendingManualApproval"),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "CreatedBy": {},
    }


def find(region: Region, name: str) -> Record:
    """Return a package by its ARN or by `group/version`."""
    arn = name if name.startswith("arn:") else region.arn(f"model-package/{name}")
    return packages(region)[arn]


@operation("DescribeModelPackage", "ModelPackageName")
def describe_package(call: Call) -> Record:
    """Return the package."""
    return find(call.region, call["ModelPackageName"])


@operation(
    "ListModelPackages", *listing.FIELDS, "ModelApprovalStatus", "ModelPackageGroupName", "ModelPackageType"
)  # fmt: skip
def list_packages(call: Call) -> Record:
    """Return the packages that match; without a group, and unless versioned ones are asked for, there are none."""
    group = _group_name(call.get("ModelPackageGroupName", ""))
    if group:
        groups(call.region)[group]
    elif call.get("ModelPackageType", "Unversioned") == "Unversioned":
        return {"ModelPackageSummaryList": []}
    status = call.get("ModelApprovalStatus")
    records = [
        package
        for package in packages(call.region).values()
        if (not group or package["ModelPackageGroupName"] == group)
        and (not status or package["ModelApprovalStatus"] == status)
    ]
    return listing.page(call, records, "ModelPackageSummaryList", "ModelPackageName")


@operation(
    "UpdateModelPackage",
    *("ModelPackageArn", "ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties"),
    "CustomerMetadataPropertiesToRemove",
)
def update_package(call: Call) -> Record:
    """Change a package's approval or metadata."""
    with call.region.lock:
        package = packages(call.region)[call["ModelPackageArn"]]
        changes: dict[str, Any] = {
            name: call[name] for name in ("ModelApprovalStatus", "ApprovalDescription") if call.get(name) is not None
        }
        metadata = {**package.get("CustomerMetadataProperties", {}), **call.get("CustomerMetadataProperties", {})}
        for name in call.get("CustomerMetadataPropertiesToRemove", []):
            metadata.pop(name, None)
        package.update(changes, LastModifiedTime=now(), LastModifiedBy={})
        if metadata or "CustomerMetadataProperties" in package:
            package["CustomerMetadataProperties"] = metadata
    _announce(package)
    return {"ModelPackageArn": package["ModelPackageArn"]}


@operation("DeleteModelPackage", "ModelPackageName")
def delete_package(call: Call) -> Record:
    """Remove a package; its version number is not given again."""
    with call.region.lock:
        package = find(call.region, call["ModelPackageName"])
        del packages(call.region)[package["ModelPackageArn"]]
        call.region.tags.pop(package["ModelPackageArn"], None)
    return {}


def _announce(package: Record) -> None:
    arn = package["ModelPackageArn"]
    detail = answer("DescribeModelPackage", package)
    times = {name: package[name] for name in ("CreationTime", "LastModifiedTime")}
    state_changed("Model Package State", {**detail, **times}, [arn])
