"""The endpoints that there are, by name and by ARN."""

from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import ApiError, validation
from local.sagemaker.state import Record, Region, Table

_endpoints: dict[str, Endpoint] = {}


def table(region: Region) -> Table:
    """Return the region's endpoints by name."""

    def missing(name: str) -> ApiError:
        return validation(f'Could not find endpoint "{region.arn(f"endpoint/{name.lower()}")}".')

    return region.table("endpoint", missing)


def add(endpoint: Endpoint) -> None:
    """Make an endpoint findable by its ARN."""
    _endpoints[endpoint.record["EndpointArn"]] = endpoint


def of(record: Record) -> Endpoint:
    """Return the endpoint of a record."""
    return _endpoints[record["EndpointArn"]]


def find(region: Region, name: str) -> Endpoint | None:
    """Return the endpoint of this name, if there is one; names differ in more than case."""
    return _endpoints.get(region.arn(f"endpoint/{name.lower()}"))


def delete(endpoint: Endpoint) -> None:
    """End an endpoint and forget it."""
    endpoint.end()
    arn = endpoint.record["EndpointArn"]
    with endpoint.region.lock:
        table(endpoint.region).pop(endpoint.name, None)
        endpoint.region.tags.pop(arn, None)
        _endpoints.pop(arn, None)
