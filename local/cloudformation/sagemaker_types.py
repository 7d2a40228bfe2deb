"""AWS::SageMaker types on top of the local cloud's SageMaker API, with what Ref and Fn::GetAtt give in AWS.

Source: the CloudFormation template reference, "Return values" of each type.
"""

from __future__ import annotations

import re
import secrets
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.cloudformation import operations
from local.cloudformation.shapes import parameters
from local.hooks import cloudformation as hook
from local.hooks import register_cfn_type

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]

_NAME_LIMIT = 63
_POLL_SECONDS = 0.2
# Beyond the longest blue/green update that SageMaker allows: MaximumExecutionTimeoutInSeconds is at most 8 hours.
_ENDPOINT_SECONDS = 8.5 * 3600
_ENDPOINT_MOVES = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
_GONE = re.compile(r"could not find|not find|not found|does not exist|ResourceNotFound", re.IGNORECASE)


@dataclass(frozen=True)
class Noun:
    """A SageMaker resource with Create, Describe and Delete operations named after it, and a name of its own."""

    noun: str
    attributes: tuple[str, ...] = ()
    ref_is_name: bool = False

    @property
    def resource_type(self) -> str:
        """The CloudFormation type."""
        return f"AWS::SageMaker::{self.noun}"

    @property
    def name_property(self) -> str:
        """The property and parameter that holds the name."""
        return f"{self.noun}Name"

    def call(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Call `VerbNoun`, as the stack operation."""
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", f"{verb}{self.noun}").lower()
        answer: dict[str, Any] = getattr(operations.client("sagemaker"), snake)(**arguments)
        return answer

    def arguments(self, verb: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Properties as parameters of `VerbNoun`."""
        given = {**properties, "Tags": own_tags(properties)} if properties.get("Tags") else properties
        return parameters("sagemaker", f"{verb}{self.noun}", given, self.resource_type)

    def result(self, name: str) -> Result:
        """What Ref and Fn::GetAtt give for the resource."""
        described = self.call("Describe", **{self.name_property: name})
        attributes = {attribute: str(described.get(attribute, "")) for attribute in self.attributes}
        return (name if self.ref_is_name else described[f"{self.noun}Arn"]), attributes


def generated_name(logical_id: str) -> str:
    """A name as CloudFormation makes it, the logical id and twelve random characters, but in lower case.

    SageMaker's ARNs are in lower case and CloudFormation keeps the ARN alone: so the name can be read from it.
    """
    suffix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
    return f"{logical_id[: _NAME_LIMIT - 13]}-{suffix}".lower()


def name_of(noun: Noun, physical_id: str, properties: Mapping[str, Any]) -> str:
    """The name behind a physical id; ARNs of SageMaker end with it."""
    return str(properties.get(noun.name_property) or physical_id.rsplit("/", 1)[-1])


def delete(noun: Noun) -> Callable[[str, Properties], None]:
    """Delete the resource; one that is gone already is deleted."""

    def handler(physical_id: str, properties: Properties) -> None:
        try:
            noun.call("Delete", **{noun.name_property: name_of(noun, physical_id, properties)})
        except ClientError as error:
            if not _GONE.search(str(error)):
                raise

    return handler


def own_tags(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tags of the resource and its stack; those of CloudFormation itself no caller may set."""
    return [tag for tag in map(dict, properties.get("Tags", [])) if not tag["Key"].startswith("aws:")]


def change_tags(arn: str, old: Properties, new: Properties) -> None:
    """Bring the resource's tags from the old properties to the new ones."""
    before, after = ({tag["Key"]: str(tag["Value"]) for tag in own_tags(p)} for p in (old, new))
    client = operations.client("sagemaker")
    if removed := sorted(set(before) - set(after)):
        client.delete_tags(ResourceArn=arn, TagKeys=removed)
    if changed := [{"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value]:
        client.add_tags(ResourceArn=arn, Tags=changed)


def _changed(old: Properties, new: Properties) -> set[str]:
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


_MODEL = Noun("Model", attributes=("ModelName",))
_CONFIG = Noun("EndpointConfig", attributes=("EndpointConfigName",))
_ENDPOINT = Noun("Endpoint", attributes=("EndpointName",))
_GROUP = Noun("ModelPackageGroup", attributes=("CreationTime", "ModelPackageGroupArn", "ModelPackageGroupStatus"))
_PIPELINE = Noun("Pipeline", ref_is_name=True)

# Every property of these types but Tags makes a new resource.
_MODEL_PROPERTIES = (
    "Containers", "EnableNetworkIsolation", "ExecutionRoleArn", "InferenceExecutionConfig", "ModelName",
    "PrimaryContainer", "VpcConfig",
)  # fmt: skip
_CONFIG_PROPERTIES = (
    "AsyncInferenceConfig", "DataCaptureConfig", "EnableNetworkIsolation", "EndpointConfigName", "ExecutionRoleArn",
    "ExplainerConfig", "KmsKeyId", "MetricsConfig", "ProductionVariants", "ShadowProductionVariants", "VpcConfig",
)  # fmt: skip
_GROUP_PROPERTIES = ("ModelPackageGroupDescription", "ModelPackageGroupName")


def _create_plain(noun: Noun) -> Callable[[str, Properties, str], Result]:
    def handler(logical_id: str, properties: Properties, stack_name: str) -> Result:
        name = properties.get(noun.name_property) or generated_name(logical_id)
        noun.call("Create", **noun.arguments("Create", {**properties, noun.name_property: name}))
        return noun.result(name)

    return handler


def _update_tags(noun: Noun) -> Callable[[str, Properties, Properties, str], Result]:
    def handler(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Result:
        noun.arguments("Create", new)  # an unknown property is an error here as well
        change_tags(physical_id, old, new)
        return noun.result(name_of(noun, physical_id, new))

    return handler


def _create_endpoint(logical_id: str, properties: Properties, stack_name: str) -> Result:
    name = properties.get("EndpointName") or generated_name(logical_id)
    wanted = {k: v for k, v in properties.items() if k not in _UPDATE_ONLY}
    _ENDPOINT.arguments("Update", {"EndpointName": name, **{k: v for k, v in properties.items() if k != "Tags"}})
    _ENDPOINT.call("Create", **_ENDPOINT.arguments("Create", {**wanted, "EndpointName": name}))
    try:
        _settle(name, properties["EndpointConfigName"])
    except Exception:
        # CloudFormation has no physical id for a resource whose creation failed, so nobody else would remove it.
        delete(_ENDPOINT)(name, properties)
        raise
    return _ENDPOINT.result(name)


_UPDATE_ONLY = frozenset({"RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"})


def _update_endpoint(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Result:
    name = name_of(_ENDPOINT, physical_id, new)
    changed = _changed(old, new)
    if changed - {"Tags"}:
        wanted = {k: v for k, v in new.items() if k != "Tags"}
        _ENDPOINT.call("Update", **_ENDPOINT.arguments("Update", {**wanted, "EndpointName": name}))
        _settle(name, new["EndpointConfigName"])
    if "Tags" in changed:
        change_tags(physical_id, old, new)
    return _ENDPOINT.result(name)


def _settle(name: str, wanted_config: str) -> None:
    """Wait until the endpoint is InService on the wanted configuration; RuntimeError tells why it is not.

    After an update that SageMaker rolled back the endpoint is InService again, on its old configuration.
    """
    wanted = wanted_config.rsplit("/", 1)[-1]
    deadline = time.monotonic() + _ENDPOINT_SECONDS
    while True:
        endpoint = _ENDPOINT.call("Describe", EndpointName=name)
        if endpoint["EndpointStatus"] not in _ENDPOINT_MOVES:
            break
        if time.monotonic() > deadline:
            raise RuntimeError(f"Endpoint {name} is still {endpoint['EndpointStatus']}.")
        # SageMaker has no call that waits for an endpoint; CloudFormation polls as well.
        time.sleep(_POLL_SECONDS)
    reason = endpoint.get("FailureReason", "")
    if endpoint["EndpointStatus"] != "InService" or reason:
        raise RuntimeError(f"Endpoint {name} is {endpoint['EndpointStatus']}: {reason or 'no reason given'}")
    if endpoint["EndpointConfigName"] != wanted:
        raise RuntimeError(f"Endpoint {name} went back to {endpoint['EndpointConfigName']} instead of {wanted}.")


def _pipeline_properties(properties: Properties) -> Properties:
    """PipelineDefinition is a string in the API, and an object with the string or its place in CloudFormation."""
    definition = dict(properties["PipelineDefinition"])
    rest = {k: v for k, v in properties.items() if k != "PipelineDefinition"}
    if "PipelineDefinitionBody" in definition:
        return {**rest, "PipelineDefinition": definition["PipelineDefinitionBody"]}
    place = dict(definition["PipelineDefinitionS3Location"])
    names = {"Key": "ObjectKey", "Version": "VersionId"}
    # The ETag only makes CloudFormation see a change.
    return {**rest, "PipelineDefinitionS3Location": {names.get(k, k): v for k, v in place.items() if k != "ETag"}}


def _create_pipeline(logical_id: str, properties: Properties, stack_name: str) -> Result:
    return _create_plain(_PIPELINE)(logical_id, _pipeline_properties(properties), stack_name)


def _update_pipeline(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Result:
    changed = _changed(old, new)
    if changed - {"Tags"}:
        wanted = {k: v for k, v in _pipeline_properties(new).items() if k != "Tags"}
        _PIPELINE.call("Update", **_PIPELINE.arguments("Update", {**wanted, "PipelineName": physical_id}))
    if "Tags" in changed:
        change_tags(_PIPELINE.call("Describe", PipelineName=physical_id)["PipelineArn"], old, new)
    return _PIPELINE.result(physical_id)


def register() -> None:
    """Provide the types."""
    plain = ((_MODEL, _MODEL_PROPERTIES), (_CONFIG, _CONFIG_PROPERTIES), (_GROUP, _GROUP_PROPERTIES))
    for noun, replacing in plain:
        register_cfn_type(noun.resource_type, _create_plain(noun), delete(noun), _update_tags(noun), replacing)
    hook.tag_with_stack(noun.resource_type for noun in (_MODEL, _CONFIG, _GROUP, _ENDPOINT, _PIPELINE))
    register_cfn_type(_ENDPOINT.resource_type, _create_endpoint, delete(_ENDPOINT), _update_endpoint, ("EndpointName",))
    register_cfn_type(_PIPELINE.resource_type, _create_pipeline, delete(_PIPELINE), _update_pipeline, ("PipelineName",))
