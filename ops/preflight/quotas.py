"""Quotas: new accounts often have none for an instance type.

An error is what stops the first job or release: less than one model's jobs, or than a roll-out of the smallest fleet,
which blue/green doubles. A warning is what stops it later: all models at once, or a roll-out of the largest fleet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from config import Platform, catalogue
from config.schema import ExistingVpc
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, doubtful, good
from ops.preflight.endpoints import others

# Service Quotas' codes: Amazon VPC and Amazon EC2.
VPCS, INTERFACE_ENDPOINTS = "L-F678F1CE", "L-29B6F2EB"
ELASTIC_ADDRESSES = "L-0263D0A3"
# Blue/green: the old and the new fleet run side by side.
FLEETS = 2


def checks(platform: Platform) -> Iterator[Check]:
    """SageMaker's instances by type and use; the VPC's parts, unless it exists."""
    yield from _instances("endpoints", "endpoint usage", *_hosted(platform))
    yield from _instances("models", "training job usage", *_training(platform))
    yield from _instances("models", "processing job usage", *_processing(platform))
    network = platform.network
    if not network.existing:
        ask = partial(_vpcs, needed=1)
        yield Check("quota VPCs", "1 more", "network.cidr", str(network.cidr), "QUOTA-VPC", ask)
    if not (network.existing and network.existing.has_endpoints):
        count = len(catalogue.endpoints().services)
        ask = partial(_endpoints, vpc=network.existing, needed=count)
        yield Check("quota interface endpoints", str(count), "network", None, "QUOTA-ENDPOINTS", ask)
    if network.internet == "nat":
        count = len(network.zones)
        ask = partial(_addresses, needed=count)
        yield Check("quota Elastic IPs", f"{count} more", "network.internet", "nat", "QUOTA-ADDRESSES", ask)


def _instances(path: str, use: str, least: Counter[str], most: Counter[str]) -> Iterator[Check]:
    for type in sorted(most):
        name = f"{type} for {use}"
        ask = partial(_quota, name=name, least=least[type], most=most[type])
        needed = f"{most[type]}, at least {least[type]}"
        yield Check(f"quota {name}", needed, path, type, "QUOTA-INSTANCES", ask)


def _hosted(platform: Platform) -> tuple[Counter[str], Counter[str]]:
    least, most = Counter[str](), Counter[str]()
    for endpoint in platform.endpoints.values():
        for fleet in endpoint.fleets:
            most[fleet.instance_type] += FLEETS * fleet.most
        # What a schedule takes away later, an update starts all the same.
        for variant in endpoint.variants.values():
            least[variant.instance_type] += FLEETS * variant.initial_instances if variant.fleet else 0
        if endpoint.shadow:
            least[endpoint.shadow.instance_type] += FLEETS * endpoint.shadow.instances
    return least, most


def _training(platform: Platform) -> tuple[Counter[str], Counter[str]]:
    """All candidates of a model train at once."""
    models = platform.models.values()
    return _one_and_all([Counter(job.instance_type for job in model.candidates.values()) for model in models])


def _processing(platform: Platform) -> tuple[Counter[str], Counter[str]]:
    """First one processing job, then an evaluation for each candidate at once."""
    return _one_and_all(
        [
            Counter([model.processing.instance_type])
            | Counter([model.evaluation.instance_type] * len(model.candidates))
            for model in platform.models.values()
        ]
    )


def _one_and_all(models: list[Counter[str]]) -> tuple[Counter[str], Counter[str]]:
    """What the largest model needs of each type, and what all need when they run at the same time."""
    least, most = Counter[str](), Counter[str]()
    for model in models:
        least |= model
        most += model
    return least, most


def _quota(cloud: Cloud, name: str, least: int, most: int) -> Answer:
    found = cloud.sagemaker_quotas.get(name)
    fix = f"ask for {most}: Service Quotas, Amazon SageMaker, `{name}`; or use another instance type."
    if found is None:
        return doubtful("not listed", "Service Quotas lists no quota of this name.", fix)
    if found < least:
        return bad(f"{found:g}", f"fewer than {least}: the first job or roll-out is refused.", fix)
    if found < most:
        return doubtful(f"{found:g}", f"fewer than {most}: a roll-out at full scale, or all models at once.", fix)
    return good(f"{found:g}")


def _vpcs(cloud: Cloud, needed: int) -> Answer:
    if cloud.deployed("network"):
        return good("deployed already")
    used = len(cloud.all("ec2", "describe_vpcs", "Vpcs"))
    return _room("VPCs per Region", cloud.quota("vpc", VPCS) - used, needed)


def _endpoints(cloud: Cloud, vpc: ExistingVpc | None, needed: int) -> Answer:
    """All in a VPC of our own; in another what its owner has made is taken."""
    used = sum(its["VpcEndpointType"] != "Gateway" for its in others(cloud, vpc)) if vpc else 0
    return _room("Interface VPC endpoints per VPC", cloud.quota("vpc", INTERFACE_ENDPOINTS) - used, needed)


def _addresses(cloud: Cloud, needed: int) -> Answer:
    if cloud.deployed("network"):
        return good("deployed already")
    used = len(cloud.ask("ec2", "describe_addresses")["Addresses"])
    return _room("EC2-VPC Elastic IPs", cloud.quota("ec2", ELASTIC_ADDRESSES) - used, needed)


def _room(quota: str, free: float, needed: int) -> Answer:
    if free < needed:
        return bad(f"{free:g} free", f"fewer than {needed}.", f"ask for more: Service Quotas, `{quota}`.")
    return good(f"{free:g} free")
