"""What travels with the function's code: what it is told of endpoints and callers, and the document it serves."""

from __future__ import annotations

from collections.abc import Mapping

from config.schema import FrontDoor
from stacks.api_definition.declared import declared
from stacks.api_definition.document import document
from stacks.api_definition.endpoint import ApiEndpoint
from stacks.api_definition.written import as_bytes


def packaged(
    *,
    name: str,
    endpoints: Mapping[str, ApiEndpoint],
    settings: FrontDoor,
    callers: Mapping[str, str],
    server: str,
    verbose_errors: bool,
) -> dict[str, bytes]:
    """File name -> bytes. `callers`: name of an IAM role -> client; `server`: where the document says the API is."""
    clients = {
        client: {
            "endpoints": sorted(endpoints if its.endpoints is None else its.endpoints),
            "choose_variant": its.choose_variant,
        }
        for client, its in settings.clients.items()
    }
    told = declared(
        name=name,
        auth=settings.auth,
        verbose_errors=verbose_errors,
        endpoints=endpoints,
        clients=clients,
        callers=callers,
    )
    api = document(
        name=name,
        endpoints=endpoints,
        auth=settings.auth,
        client_keys=settings.client_keys,
        server=server,
    )
    return {"declared.json": as_bytes(told), "openapi.json": as_bytes(api)}
