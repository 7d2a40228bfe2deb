"""Approval becomes a roll-out: together, rolled back, and through a deployment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.packages import register
from tests.end_to_end.releases import STACK, parameters, status, wait_until_released
from tests.local.cloud import eventually

BROKEN = "def model_fn(directory, context=None):\n    raise RuntimeError('this model cannot be loaded')\n"


def should_release_both_candidates_approved_in_the_same_second(ashlar: Ashlar) -> None:
    linear = register(ashlar, "linear", status="PendingManualApproval")
    xgboost = register(ashlar, "xgboost", status="PendingManualApproval")
    sagemaker = ashlar.client("sagemaker")

    def approve(package: str) -> None:
        sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(approve, [linear, xgboost]))
    wait_until_released(ashlar, linear, xgboost)
    assert parameters(ashlar) == {"LinearModelPackage": linear, "XgboostModelPackage": xgboost}
    for package in (linear, xgboost):
        described = sagemaker.describe_model_package(ModelPackageName=package)
        assert described["ModelApprovalStatus"] == "Approved"


def should_keep_the_old_endpoint_and_reject_a_package_with_broken_inference_code(ashlar: Ashlar) -> None:
    before = parameters(ashlar)
    broken = register(ashlar, "linear", status="Approved", inference_code=BROKEN)
    sagemaker, runtime = ashlar.client("sagemaker"), ashlar.client("sagemaker-runtime")

    def rejected() -> bool:
        # The old endpoint answers all the time.
        body = b'{"instances": [{"text": "nice"}]}'
        runtime.invoke_endpoint(EndpointName="ashlar-local-reviews", ContentType="application/json", Body=body)
        return bool(sagemaker.describe_model_package(ModelPackageName=broken)["ModelApprovalStatus"] == "Rejected")

    eventually(rejected, seconds=120)
    reason = sagemaker.describe_model_package(ModelPackageName=broken)["ApprovalDescription"]
    assert "linear" in reason
    assert "ping health check" in reason
    assert status(ashlar) == "UPDATE_ROLLBACK_COMPLETE"
    assert parameters(ashlar) == before


def should_update_the_stack_under_the_narrow_role_only(ashlar: Ashlar) -> None:
    """The reconciler's role may not update the stack as anybody else."""
    events = ashlar.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    tokens = {event.get("ClientRequestToken", "") for event in events}
    assert any(token.startswith("release-") for token in tokens)
    identity = ashlar.client("iam")
    roles = [r["RoleName"] for r in identity.list_roles()["Roles"] if "release-ReconcilerRole" in r["RoleName"]]
    (attached,) = identity.list_attached_role_policies(RoleName=roles[0])["AttachedPolicies"]
    version = identity.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
    document = identity.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"][
        "Document"
    ]
    (update,) = [s for s in document["Statement"] if "cloudformation:UpdateStack" in s["Action"]]
    assert "AshlarLocalReviewsRole" in update["Condition"]["StringEquals"]["cloudformation:RoleArn"]
