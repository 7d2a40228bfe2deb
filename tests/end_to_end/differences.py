"""Differences between what is declared and what runs, made behind the deployment's back, and undone again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.serving import ENDPOINT
from tests.local.cloud import eventually

Json = dict[str, Any]
Plant = Callable[[Ashlar], AbstractContextManager[None]]
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}

# What of the variant xgboost is scaled
XGBOOST = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/xgboost",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@contextmanager
def weights(ashlar: Ashlar) -> Iterator[None]:
    """Half of the traffic for each variant."""
    _change(ashlar, {"VariantName": "linear", "DesiredWeight": 10})
    try:
        yield
    finally:
        _change(ashlar, {"VariantName": "linear", "DesiredWeight": 90})


@contextmanager
def instances(ashlar: Ashlar) -> Iterator[None]:
    """One more than scaling may make, which somebody suspended for that."""
    scaling = ashlar.client("application-autoscaling")
    processes = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    scaling.register_scalable_target(**XGBOOST, SuspendedState=dict.fromkeys(processes, True))
    _change(ashlar, {"VariantName": "xgboost", "DesiredInstanceCount": 3})
    try:
        yield
    finally:
        _change(ashlar, {"VariantName": "xgboost", "DesiredInstanceCount": 1})
        scaling.register_scalable_target(**XGBOOST, SuspendedState=dict.fromkeys(processes, False))


def _change(ashlar: Ashlar, change: Json) -> None:
    ashlar.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=[change]
    )
    wait_until_in_service(ashlar)


@contextmanager
def scaling_target(ashlar: Ashlar) -> Iterator[None]:
    """Nothing scales the variant any more. Its policies go with the target."""
    scaling = ashlar.client("application-autoscaling")
    ids = {"ServiceNamespace": XGBOOST["ServiceNamespace"], "ResourceIds": [XGBOOST["ResourceId"]]}
    (target,) = scaling.describe_scalable_targets(**ids)["ScalableTargets"]
    (policy,) = scaling.describe_scaling_policies(**XGBOOST)["ScalingPolicies"]
    scaling.deregister_scalable_target(**XGBOOST)
    try:
        yield
    finally:
        bounds = {name: target[name] for name in ("MinCapacity", "MaxCapacity")}
        scaling.register_scalable_target(**XGBOOST, **bounds)
        kept = ("PolicyName", "PolicyType", "TargetTrackingScalingPolicyConfiguration")
        scaling.put_scaling_policy(**XGBOOST, **{name: policy[name] for name in kept})


@contextmanager
def other_encryption(ashlar: Ashlar) -> Iterator[None]:
    """S3's own key instead of the account's."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    with _kept_encryption(ashlar, "DataBucket") as (s3, bucket):
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        yield


@contextmanager
def no_encryption(ashlar: Ashlar) -> Iterator[None]:
    """No rule at all."""
    with _kept_encryption(ashlar, "ArtifactsBucket") as (s3, bucket):
        s3.delete_bucket_encryption(Bucket=bucket)
        yield


@contextmanager
def _kept_encryption(ashlar: Ashlar, output: str) -> Iterator[tuple[Any, str]]:
    s3, bucket = ashlar.client("s3"), ashlar.outputs("data")[output]
    kept = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    try:
        yield s3, bucket
    finally:
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=kept)


@contextmanager
def boundary(ashlar: Ashlar) -> Iterator[None]:
    """A role that may do more than the boundary allows."""
    iam = ashlar.client("iam")
    name = iam.list_roles(PathPrefix="/ashlar/local/training/")["Roles"][0]["RoleName"]
    kept = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    iam.delete_role_permissions_boundary(RoleName=name)
    try:
        yield
    finally:
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=kept)


@contextmanager
def endpoint_policy(ashlar: Ashlar) -> Iterator[None]:
    """Everything may pass the S3 endpoint."""
    ec2 = ashlar.client("ec2")
    listed = ashlar.client("cloudformation").describe_stack_resources(StackName="ashlar-local-network")
    (id,) = [
        its["PhysicalResourceId"] for its in listed["StackResources"] if its["LogicalResourceId"][:-8] == "EndpointsS3"
    ]
    (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[id])["VpcEndpoints"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=json.dumps(OPEN))
    try:
        yield
    finally:
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=endpoint["PolicyDocument"])


class OtherConfigurations:
    """Configurations like the declared one but for one thing each, and what was made for them."""

    def __init__(self, ashlar: Ashlar) -> None:
        self._ashlar, self._sagemaker = ashlar, ashlar.client("sagemaker")
        described = self._sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        self.declared = str(described["EndpointConfigName"])
        self._configuration = self._sagemaker.describe_endpoint_config(EndpointConfigName=self.declared)
        self._models: list[str] = []
        self._configurations: list[str] = []

    def configuration(self, **changes: Any) -> str:
        """The name of a new one; a change to None takes the member away."""
        kept = ("ProductionVariants", "DataCaptureConfig", "KmsKeyId", "MetricsConfig")
        given = {name: self._configuration[name] for name in kept if name in self._configuration} | changes
        name = f"planted-{uuid.uuid4().hex[:8]}"
        self._sagemaker.create_endpoint_config(
            EndpointConfigName=name, **{key: value for key, value in given.items() if value is not None}
        )
        self._configurations.append(name)
        return name

    def model(self, change: Callable[[Json], Mapping[str, Any]]) -> list[Json]:
        """Production variants of which linear has another model. `change`: DescribeModel -> what differs."""
        linear, *others = self._configuration["ProductionVariants"]
        described = self._sagemaker.describe_model(ModelName=linear["ModelName"])
        kept = ("Containers", "PrimaryContainer", "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation")
        given = {name: described[name] for name in kept if name in described}
        name = f"planted-{uuid.uuid4().hex[:8]}"
        self._sagemaker.create_model(ModelName=name, **{**given, **change(described)})
        self._models.append(name)
        return [{**linear, "ModelName": name}, *others]

    def run(self, name: str, **options: Any) -> None:
        """Let the endpoint run on a configuration. `options`: of UpdateEndpoint."""
        self._sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name, **options)
        if not options:
            wait_until_in_service(self._ashlar)

    def remove(self) -> None:
        """Run on the declared one again, and delete the others."""
        self.run(self.declared)
        for name in self._configurations:
            self._sagemaker.delete_endpoint_config(EndpointConfigName=name)
        for name in self._models:
            self._sagemaker.delete_model(ModelName=name)


def wait_until_in_service(ashlar: Ashlar) -> Json:
    """DescribeEndpoint once nothing moves."""
    sagemaker = ashlar.client("sagemaker")

    def described() -> Json:
        found: Json = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        return found if found["EndpointStatus"] == "InService" else {}

    return eventually(described, seconds=120)
