"""The interface endpoints: offered where they are to be made, or there where the VPC brings its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from config import Platform, catalogue
from config.schema import ExistingVpc
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, good
from ops.preflight.subnets import table_ids

HERE = "network.existing"
GONE = ("deleted", "deleting", "expired", "failed", "rejected")


def checks(platform: Platform) -> Iterator[Check]:
    """What AWS offers in the region, or each endpoint of the VPC that exists."""
    vpc, region, zones = platform.network.existing, platform.region, platform.network.zones
    services = [f"com.amazonaws.{region}.{service}" for service in catalogue.endpoints().services.values()]
    if not (vpc and vpc.has_endpoints):
        ask = partial(_offered, services=services, zones=zones)
        yield Check("endpoint services", "all, in every zone", "region", region, "ENDPOINT-SERVICES", ask)
        if vpc:
            path, clash = f"{HERE}.vpc_id", partial(_clash, vpc=vpc, services=services, region=region)
            yield Check("others' endpoints", "none that clashes", path, vpc.vpc_id, "ENDPOINT-CLASH", clash)
        return
    ask = partial(_gateway, vpc=vpc, region=region)
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


def others(cloud: Cloud, vpc: ExistingVpc) -> list[dict[str, Any]]:
    """The endpoints of the VPC that the platform has not made."""
    in_it = [{"Name": "vpc-id", "Values": [vpc.vpc_id]}]
    own = cloud.made("network", "AWS::EC2::VPCEndpoint")
    found = cloud.all("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=in_it)
    return [its for its in found if its["VpcEndpointId"] not in own and its["State"].lower() not in GONE]


def _clash(cloud: Cloud, vpc: ExistingVpc, services: list[str], region: str) -> Answer:
    """A private name exists once in a VPC, and a service's gateway once in a route table."""
    named = [its for its in others(cloud, vpc) if its["ServiceName"] in services and its.get("PrivateDnsEnabled")]
    s3 = [its for its in others(cloud, vpc) if (its["ServiceName"], its["VpcEndpointType"]) == _s3_gateway(region)]
    routed = [its for its in s3 if set(its["RouteTableIds"]) & set(vpc.route_table_ids)]
    if not named and not routed:
        return good("none")
    found = ", ".join(f"{its['VpcEndpointId']} ({its['ServiceName']})" for its in [*named, *routed])
    message = "a private name exists once in a VPC, a way to S3 once in a route table: ours could not be made."
    fix = "name the VPC's own by `s3_endpoint_id` and `endpoints_security_group_id`, or remove these."
    return bad(found, message, fix)


def _s3_gateway(region: str) -> tuple[str, str]:
    return f"com.amazonaws.{region}.s3", "Gateway"


def _gateway(cloud: Cloud, vpc: ExistingVpc, region: str) -> Answer:
    found = cloud.all("ec2", "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[vpc.s3_endpoint_id])
    if not found:
        return bad("absent", "there is no such endpoint.", "correct the id.")
    endpoint = found[0]
    kind = (endpoint["VpcId"], endpoint["ServiceName"], endpoint["VpcEndpointType"])
    if kind != (vpc.vpc_id, *_s3_gateway(region)):
        return bad(", ".join(kind), "it is not the VPC's own gateway endpoint for S3.", "correct the id.")
    lacking = sorted(table_ids(cloud, vpc) - set(endpoint["RouteTableIds"]))
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
