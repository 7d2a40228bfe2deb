"""Endpoint configurations: the variants of a fleet."""

from local.sagemaker import listing, variants
from local.sagemaker.errors import ApiError, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.state import Region, Table, now


def table(region: Region) -> Table:
    """Return the region's endpoint configurations by name."""

    def missing(name: str) -> ApiError:
        arn = region.arn(f"endpoint-config/{name.lower()}")
        return validation(f'Could not find endpoint configuration "{arn}".')

    return region.table("endpoint-config", missing)


@operation(
    "CreateEndpointConfig",
    *("EndpointConfigName", "ProductionVariants", "ShadowProductionVariants", "DataCaptureConfig", "Tags", "KmsKeyId"),
    *("MetricsConfig", "AsyncInferenceConfig"),
)
def create_endpoint_config(call: Call) -> Record:
    """Store a configuration whose models exist."""
    name = call["EndpointConfigName"]
    arn = call.region.arn(f"endpoint-config/{name.lower()}")
    with call.region.lock:
        variants.check(call)
        if name in table(call.region):
            raise validation(f'Cannot create already existing endpoint configuration "{arn}".')
        record = {k: v for k, v in call.params.items() if k != "Tags"}
        record |= {"EndpointConfigArn": arn, "CreationTime": now()}
        for variant in variants.all_of(record):
            variant.setdefault("InitialVariantWeight", 1.0)
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    return {"EndpointConfigArn": arn}


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
