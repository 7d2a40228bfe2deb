"""The interface endpoints: offered where they are to be made, or there where the VPC brings its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform, catalogue
from config.schema import ExistingVpc
from ops.preflight.cloud import Cloud
from ops.preflight.row import Answer, Check, bad, good
from ops.preflight.subnets import table_of

HERE = "network.existing"


def checks(platform: Platform) -> Iterator[Check]:
    """What AWS offers in the region, or each endpoint of the VPC that exists."""
    vpc, region, zones = platform.network.existing, platform.region, platform.network.zones
    services = [f"com.amazonaws.{region}.{service}" for service in catalogue.endpoints().services.values()]
    if not (vpc and vpc.has_endpoints):
        ask = partial(_offered, services=services, zones=zones)
        yield Check("endpoint services", "all, in every zone", "region", region, "ENDPOINT-SERVICES", ask)
        return
    ask = partial(_gateway, vpc=vpc, service=f"com.amazonaws.{region}.s3")
    path = f"{HERE}.s3_endpoint_id"
    yield Check("S3 endpoint", "gateway, on every subnet", path, vpc.s3_endpoint_id, "ENDPOINT-S3", ask)
    path, group = f"{HERE}.endpoints_security_group_id", vpc.endpoints_security_group_id
    yield Check("endpoints' group", vpc.vpc_id, path, group, "ENDPOINT-GROUP", partial(_group, vpc=vpc))
    for service in services:
        ask = partial(_interface, vpc=vpc, service=service)
        yield Check(f"endpoint {service}", "available, private DNS", path, group, "ENDPOINT-INTERFACE", ask)


def _offered(cloud: Cloud, services: list[str], zones: list[str]) -> Answer:
    if cloud.deployed("network"):
        return good("deployed already")
    found = cloud.all("ec2", "describe_vpc_endpoint_services", "ServiceDetails")
    offered = {service["ServiceName"]: set(service["AvailabilityZones"]) for service in found}
    lacking = [name for name in services if not set(zones) <= offered.get(name, set())]
    if lacking:
        fix = "use zones, or a region, in which AWS offers them: aws ec2 describe-vpc-endpoint-services."
        return bad(f"not {', '.join(lacking)}", "these have no interface endpoint in every zone.", fix)
    return good(f"{len(services)} offered")


def _gateway(cloud: Cloud, vpc: ExistingVpc, service: str) -> Answer:
    found = cloud.all("ec2", "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[vpc.s3_endpoint_id])
    if not found:
        return bad("absent", "there is no such endpoint.", "correct the id.")
    endpoint = found[0]
    kind = (endpoint["VpcId"], endpoint["ServiceName"], endpoint["VpcEndpointType"])
    if kind != (vpc.vpc_id, service, "Gateway"):
        return bad(", ".join(kind), "it is not the VPC's own gateway endpoint for S3.", "correct the id.")
    tables = {table_of(cloud, vpc, subnet)["RouteTableId"] for subnet in vpc.subnets}
    lacking = sorted(tables - set(endpoint["RouteTableIds"]))
    if lacking:
        return bad(f"not on {', '.join(lacking)}", "subnets cannot reach S3.", "add the route tables to the endpoint.")
    return good("on every subnet")


def _group(cloud: Cloud, vpc: ExistingVpc) -> Answer:
    groups = cloud.all("ec2", "describe_security_groups", "SecurityGroups", GroupIds=[vpc.endpoints_security_group_id])
    if not groups or groups[0]["VpcId"] != vpc.vpc_id:
        return bad(groups[0]["VpcId"] if groups else "absent", "the VPC has no such security group.", "correct the id.")
    return good(vpc.vpc_id)


def _interface(cloud: Cloud, vpc: ExistingVpc, service: str) -> Answer:
    of_the_service = [{"Name": "vpc-id", "Values": [vpc.vpc_id]}, {"Name": "service-name", "Values": [service]}]
    found = cloud.all("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=of_the_service)
    usable = [each for each in found if each["State"] == "available" and each["PrivateDnsEnabled"]]
    if not usable:
        return bad("absent", "the VPC has no available endpoint with private DNS.", f"make one for {service}.")
    group = vpc.endpoints_security_group_id
    if not any(group == its["GroupId"] for each in usable for its in each["Groups"]):
        return bad(
            "another group", f"the endpoint does not have {group}.", "add the group, or name the endpoints' own."
        )
    return good("available")
