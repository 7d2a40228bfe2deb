"""CreateEndpoint, UpdateEndpoint and their like."""

from local.sagemaker import autoscaling, endpoint_configs, endpoints, listing, rollout, serverless, variants
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.endpoints import table
from local.sagemaker.errors import validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import require_allowed
from local.sagemaker.state import now

_RETAINABLE = frozenset({"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"})


def _endpoint(call: Call) -> Endpoint:
    record = table(call.region)[call["EndpointName"]]
    return endpoints.of(record)


def _idle(endpoint: Endpoint) -> None:
    """Refuse a change while another one is under way."""
    status = endpoint.record["EndpointStatus"]
    if status != "InService":
        raise validation(f'Cannot update in-progress endpoint "{endpoint.record["EndpointArn"]}" (status {status}).')


@operation("CreateEndpoint", "EndpointName", "EndpointConfigName", "Tags", "DeploymentConfig")
def create_endpoint(call: Call) -> Record:
    """Start an endpoint's first fleet."""
    name = call["EndpointName"]
    _require_configuration(call)
    arn = call.region.arn(f"endpoint/{name.lower()}")
    rollout.read(call.get("DeploymentConfig"))
    with call.region.lock:
        configuration = endpoint_configs.table(call.region)[call["EndpointConfigName"]]
        if endpoints.find(call.region, name):
            raise validation(f'Cannot create already existing endpoint "{arn}".')
        record = {
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": configuration["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "LastDeploymentConfig": call.get("DeploymentConfig"),
            "CreationTime": now(),
            "LastModifiedTime": now(),
        }
        endpoint = Endpoint(call.region, record)
        fleet = endpoint.plan(configuration)
        table(call.region)[name] = record
        endpoints.add(endpoint)
        call.region.tag(arn, call.get("Tags"))
    endpoint.enter("Creating")
    endpoint.deploy(fleet)
    return {"EndpointArn": arn}


@operation(
    "UpdateEndpoint",
    *("EndpointName", "EndpointConfigName", "RetainAllVariantProperties", "ExcludeRetainedVariantProperties"),
    *("DeploymentConfig", "RetainDeploymentConfig"),
)
def update_endpoint(call: Call) -> Record:
    """Replace an endpoint's fleet by one of another configuration: blue/green, at once or in steps."""
    _require_configuration(call)
    deployment = call.get("DeploymentConfig")
    rollout.read(deployment)
    with call.region.lock:
        endpoint = _endpoint(call)
        _idle(endpoint)
        configuration = endpoint_configs.table(call.region)[call["EndpointConfigName"]]
        _same_variants(endpoint, configuration)
        if endpoint.fleet:
            variants.check_replacement(endpoint.fleet.configuration, configuration)
        _same_instance_types(endpoint, configuration)
        fleet = endpoint.plan(configuration, retained=_retained(call))
        if call.get("RetainDeploymentConfig"):
            deployment = endpoint.record.get("LastDeploymentConfig")
        planned = rollout.read(deployment)
        variants.check_traffic(configuration, planned.kind)
        planned.check({name: variant.wanted for name, variant in fleet.variants.items()})
        endpoint.record["EndpointStatus"] = "Updating"
    endpoint.enter("Updating", LastDeploymentConfig=deployment)
    endpoint.deploy(fleet, planned)
    return {"EndpointArn": endpoint.record["EndpointArn"]}


def _require_configuration(call: Call) -> None:
    """Creation and update are authorised on the configuration too."""
    require_allowed(call, call.region.arn(f"endpoint-config/{call['EndpointConfigName'].lower()}"))


def _same_variants(endpoint: Endpoint, configuration: Record) -> None:
    old = sorted(endpoint.fleet.variants) if endpoint.fleet else []
    new = sorted(variant["VariantName"] for variant in configuration["ProductionVariants"])
    if old != new:
        raise validation(
            "A blue/green update needs the same production variants in the new endpoint configuration: the endpoint "
            f"has {', '.join(old)}, {configuration['EndpointConfigName']} has {', '.join(new)}."
        )


def _same_instance_types(endpoint: Endpoint, configuration: Record) -> None:
    """Refuse another instance type for a variant that is scaled: its target is of the old one."""
    serving = endpoint.fleet.configuration["ProductionVariants"] if endpoint.fleet else []
    old = {variant["VariantName"]: variant.get("InstanceType") for variant in serving}
    for variant in configuration["ProductionVariants"]:
        name, wanted = variant["VariantName"], variant.get("InstanceType")
        if old.get(name) != wanted and autoscaling.registered(endpoint.region, endpoint.name, name):
            raise validation(
                f"The instance type of variant {name} of endpoint {endpoint.name} cannot change from {old.get(name)} "
                f"to {wanted} while the variant is registered as a scalable target with Application Auto Scaling. "
                "Deregister the scalable target first."
            )


def _retained(call: Call) -> frozenset[str]:
    if not call.get("RetainAllVariantProperties"):
        return frozenset()
    excluded = {entry["VariantPropertyType"] for entry in call.get("ExcludeRetainedVariantProperties", [])}
    return _RETAINABLE - excluded


@operation("UpdateEndpointWeightsAndCapacities", "EndpointName", "DesiredWeightsAndCapacities")
def update_weights_and_capacities(call: Call) -> Record:
    """Change weights and instance counts."""
    with call.region.lock:
        endpoint = _endpoint(call)
        _idle(endpoint)
        desired = call["DesiredWeightsAndCapacities"]
        known = endpoint.fleet.all_variants if endpoint.fleet else {}
        for change in desired:
            if change["VariantName"] not in known:
                raise validation(f"Variant {change['VariantName']} of endpoint {endpoint.name} not found.")
            serverless.check_update(known[change["VariantName"]], change)
            if change.get("DesiredInstanceCount") == 0 and not endpoint.asynchronous:
                name = change["VariantName"]
                raise validation(f"Variant {name}: a DesiredInstanceCount of 0 needs an asynchronous endpoint.")
        endpoint.record["EndpointStatus"] = "Updating"
    endpoint.enter("Updating")
    endpoint.rescale(desired)
    return {"EndpointArn": endpoint.record["EndpointArn"]}


@operation("DescribeEndpoint", "EndpointName")
def describe_endpoint(call: Call) -> Record:
    """Return the endpoint."""
    return _endpoint(call).description()


@operation("ListEndpoints", *listing.FIELDS, "StatusEquals")
def list_endpoints(call: Call) -> Record:
    """Return the endpoints that match."""
    return listing.page(call, table(call.region).values(), "Endpoints", "EndpointName", "EndpointStatus")


@operation("DeleteEndpoint", "EndpointName")
def delete_endpoint(call: Call) -> Record:
    """End an endpoint, and answer when it is gone.

    AWS refuses this while the endpoint is created or updated; here that is cut short, so that a deployment that was
    interrupted can be taken down.
    """
    endpoint = _endpoint(call)
    autoscaling.deregister_deleted(call, endpoint.name)
    endpoints.delete(endpoint)
    return {}
