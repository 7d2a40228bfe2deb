"""Models: what a container is made of, given directly or by an approved package."""

from local.sagemaker import listing, registry
from local.sagemaker.errors import ApiError, unsupported, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now

_CONTAINER_FIELDS = frozenset(
    {"Image", "ModelDataUrl", "Environment", "ModelPackageName", "ContainerHostname", "Mode", "ImageConfig"}
)


def table(region: Region) -> Table:
    """Return the region's models by name."""

    def missing(name: str) -> ApiError:
        return validation(f'Could not find model "{region.arn(f"model/{name.lower()}")}".')

    return region.table("model", missing)


@operation(
    "CreateModel",
    *("ModelName", "PrimaryContainer", "Containers", "ExecutionRoleArn", "Tags", "VpcConfig", "EnableNetworkIsolation"),
)
def create_model(call: Call) -> Record:
    """Store a model whose container can be served."""
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
    given = call.get("Containers") or ([call["PrimaryContainer"]] if call.get("PrimaryContainer") else [])
    if len(given) != 1:
        raise unsupported(f"A model of {len(given)} containers", "Give one PrimaryContainer.")
    for name, value in given[0].items():
        if name not in _CONTAINER_FIELDS and value:
            raise unsupported(f"CreateModel: container field {name}", "Give ModelDataUrl or ModelPackageName.")
    if given[0].get("Mode", "SingleModel") != "SingleModel":
        raise unsupported("A multi-model container", "Give each model a variant of its own.")
    containers = [resolve(call.region, container) for container in given]
    if not containers[0].get("ModelDataUrl"):
        raise unsupported("A container without ModelDataUrl", "Give the s3:// URL of a model.tar.gz.")
    return containers


def resolve(region: Region, container: Record) -> Record:
    """Return what a container runs: its package's container, with the model's own environment over the package's."""
    name = container.get("ModelPackageName")
    if not name:
        return container
    package = registry.find(region, name)
    status = package["ModelApprovalStatus"]
    if status != "Approved":
        raise validation(
            f"Cannot create a model from model package {package['ModelPackageArn']}: its ModelApprovalStatus is "
            f"{status}, and only an Approved package can be used."
        )
    packaged = package["InferenceSpecification"]["Containers"]
    if len(packaged) != 1:
        raise unsupported(f"A model package of {len(packaged)} containers", "Give one container.")
    environment = {**packaged[0].get("Environment", {}), **container.get("Environment", {})}
    return {**packaged[0], **container, "Environment": environment}


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
