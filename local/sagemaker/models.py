"""Models: what a container is made of, given directly or by an approved package."""

from local.sagemaker import listing, registry
from local.sagemaker.errors import ApiError, require_only, require_value, unsupported, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now

_MOST_CONTAINERS = 15
_CONTAINER_FIELDS = frozenset(
    {"Image", "ModelDataUrl", "Environment", "ModelPackageName", "ContainerHostname", "Mode", "ImageConfig"}
)
# What a package tells of a container besides; nothing depends on it.
_PACKAGED_FIELDS = _CONTAINER_FIELDS | {
    *("ImageDigest", "ProductId", "ModelInput", "Framework", "FrameworkVersion", "NearestModelName", "ModelDataETag"),
}


def table(region: Region) -> Table:
    """Return the region's models by name."""

    def missing(name: str) -> ApiError:
        return validation(f'Could not find model "{region.arn(f"model/{name.lower()}")}".')

    return region.table("model", missing)


@operation(
    "CreateModel",
    *("ModelName", "PrimaryContainer", "Containers", "ExecutionRoleArn", "Tags", "VpcConfig", "EnableNetworkIsolation"),
    "InferenceExecutionConfig",
)
def create_model(call: Call) -> Record:
    """Store a model whose containers can be served: one, or an inference pipeline."""
    name = call["ModelName"]
    if not call.get("ExecutionRoleArn"):
        raise validation("ExecutionRoleArn is required.")
    require_pass_role(call, call["ExecutionRoleArn"])
    containers = _resolved_containers(call)
    arn = call.region.arn(f"model/{name.lower()}")
    RoleSession(call["ExecutionRoleArn"], name, source_arn=arn, network=call.params)
    with call.region.lock:
        if name in table(call.region):
            raise validation(f'Cannot create already existing model "{arn}".')
        record = {k: v for k, v in call.params.items() if k != "Tags"}
        record |= {"ModelArn": arn, "CreationTime": now(), "_containers": containers}
        record.setdefault("EnableNetworkIsolation", False)
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    return {"ModelArn": arn}


def _resolved_containers(call: Call) -> list[Record]:
    if call.get("PrimaryContainer") and call.get("Containers"):
        raise validation("Give either PrimaryContainer or Containers, not both.")
    require_value("InferenceExecutionConfig", call.get("InferenceExecutionConfig", {}), "Mode", "Serial")
    given = call.get("Containers") or ([call["PrimaryContainer"]] if call.get("PrimaryContainer") else [])
    for container in given:
        require_only("CreateModel: container", container, _CONTAINER_FIELDS, "Give ModelDataUrl or ModelPackageName.")
        if container.get("Mode", "SingleModel") != "SingleModel":
            raise unsupported("A multi-model container", "Give each model a variant of its own.")
    containers = [resolved for container in given for resolved in resolve(call.region, container)]
    if not 1 <= len(containers) <= _MOST_CONTAINERS:
        raise validation(f"A model has 1 to {_MOST_CONTAINERS} containers, not {len(containers)}.")
    if not all(container.get("Image") for container in containers):
        raise validation("Each container needs an Image or a ModelPackageName.")
    _check_hostnames([container.get("ContainerHostname") for container in containers])
    return containers


def _check_hostnames(names: list[str | None]) -> None:
    """In an inference pipeline the containers have names, all of them or none, each its own."""
    given = [name for name in names if name]
    if len(names) > 1 and given and len(set(given)) != len(names):
        raise validation(f"Give every container of an inference pipeline a ContainerHostname of its own: {names}.")


def resolve(region: Region, container: Record) -> list[Record]:
    """Return what a container runs: its package's containers, with the model's own environment over the package's."""
    name = container.get("ModelPackageName")
    if not name:
        return [container]
    package = registry.find(region, name)
    status = package["ModelApprovalStatus"]
    if status != "Approved":
        raise validation(
            f"Cannot create a model from model package {package['ModelPackageArn']}: its ModelApprovalStatus is "
            f"{status}, and only an Approved package can be used."
        )
    for packaged in package["InferenceSpecification"]["Containers"]:
        require_only(f"Model package {package['ModelPackageArn']}: container", packaged, _PACKAGED_FIELDS)
    own = container.get("Environment", {})
    return [
        {**packaged, **container, "Environment": {**packaged.get("Environment", {}), **own}}
        for packaged in package["InferenceSpecification"]["Containers"]
    ]


@operation("DescribeModel", "ModelName")
def describe_model(call: Call) -> Record:
    """Return the model as it was given."""
    return table(call.region)[call["ModelName"]]


@operation("ListModels", *listing.FIELDS)
def list_models(call: Call) -> Record:
    """Return the models that match."""
    return listing.page(call, table(call.region).values(), "Models", "ModelName")


@operation("DeleteModel", "ModelName")
def delete_model(call: Call) -> Record:
    """Remove a model; what already serves it goes on."""
    with call.region.lock:
        model = table(call.region)[call["ModelName"]]
        del table(call.region)[call["ModelName"]]
        call.region.tags.pop(model["ModelArn"], None)
    return {}
