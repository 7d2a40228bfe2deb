"""Endpoint configurations: the variants of a fleet."""

from local.sagemaker import listing, models
from local.sagemaker.errors import ApiError, require_only, unsupported, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.state import Region, Table, now

_VARIANT_FIELDS = frozenset(
    {
        *("VariantName", "ModelName", "InitialInstanceCount", "InstanceType", "InitialVariantWeight"),
        *("VolumeSizeInGB", "ModelDataDownloadTimeoutInSeconds", "ContainerStartupHealthCheckTimeoutInSeconds"),
        *("EnableSSMAccess", "RoutingConfig", "InferenceAmiVersion"),
    }
)


def table(region: Region) -> Table:
    """Return the region's endpoint configurations by name."""

    def missing(name: str) -> ApiError:
        arn = region.arn(f"endpoint-config/{name.lower()}")
        return validation(f'Could not find endpoint configuration "{arn}".')

    return region.table("endpoint-config", missing)


@operation(
    "CreateEndpointConfig",
    *("EndpointConfigName", "ProductionVariants", "DataCaptureConfig", "Tags", "KmsKeyId"),
)
def create_endpoint_config(call: Call) -> Record:
    """Store a configuration whose models exist."""
    name = call["EndpointConfigName"]
    arn = call.region.arn(f"endpoint-config/{name.lower()}")
    with call.region.lock:
        _check_variants(call)
        if name in table(call.region):
            raise validation(f'Cannot create already existing endpoint configuration "{arn}".')
        record = {k: v for k, v in call.params.items() if k != "Tags"}
        record |= {"EndpointConfigArn": arn, "CreationTime": now()}
        for variant in record["ProductionVariants"]:
            variant.setdefault("InitialVariantWeight", 1.0)
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    return {"EndpointConfigArn": arn}


def _check_variants(call: Call) -> None:
    variants = call["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise validation(f"Production variant names must be unique: {', '.join(names)}.")
    for variant in variants:
        where = f"Variant {variant['VariantName']}"
        require_only(where, variant, _VARIANT_FIELDS, "Use instances (InitialInstanceCount).")
        if not variant.get("ModelName"):
            raise unsupported(f"{where}: inference components", "Give ModelName.")
        models.table(call.region)[variant["ModelName"]]
        if not variant.get("InstanceType") or not variant.get("InitialInstanceCount"):
            raise validation(f"{where} needs InstanceType and InitialInstanceCount.")
    if not any(variant.get("InitialVariantWeight", 1.0) > 0 for variant in variants):
        raise validation("At least one production variant must have a weight greater than 0.")


@operation("DescribeEndpointConfig", "EndpointConfigName")
def describe_endpoint_config(call: Call) -> Record:
    """Return the configuration."""
    return table(call.region)[call["EndpointConfigName"]]


@operation("ListEndpointConfigs", *listing.FIELDS)
def list_endpoint_configs(call: Call) -> Record:
    """Return the configurations that match."""
    return listing.page(call, table(call.region).values(), "EndpointConfigs", "EndpointConfigName")


@operation("DeleteEndpointConfig", "EndpointConfigName")
def delete_endpoint_config(call: Call) -> Record:
    """Remove a configuration."""
    with call.region.lock:
        configuration = table(call.region)[call["EndpointConfigName"]]
        del table(call.region)[call["EndpointConfigName"]]
        call.region.tags.pop(configuration["EndpointConfigArn"], None)
    return {}
