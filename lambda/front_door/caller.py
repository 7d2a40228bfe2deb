"""Who calls, as API Gateway authenticated them, and what they were granted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from front_door.declared import Declared, Endpoint, Grant
from front_door.problems import NOT_GRANTED, UNKNOWN_ENDPOINT, Problem, quoted

CHOOSE_VARIANT = "choose-variant"
PREDICT = ".predict"
NOTHING = Grant(frozenset(), choose_variant=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """`client` is the name for logs and for what belongs to it; None for a principal that is no client."""

    client: str | None
    grant: Grant

    def endpoint(self, declared: Declared, public: str) -> Endpoint:
        """An endpoint that this caller may call. Raises Problem: 404 where there is none, 403 without the grant."""
        endpoint = declared.endpoints.get(public)
        if endpoint is None:
            detail = f"{quoted(public)} is not an endpoint of this API. GET /endpoints lists those that you may call."
            raise Problem(UNKNOWN_ENDPOINT, detail)
        if public not in self.grant.endpoints:
            detail = (
                f"You were not granted {quoted(public)}. Ask the API's owner, or GET /endpoints for those you may call."
            )
            raise Problem(NOT_GRANTED, detail)
        return endpoint


def caller_of(context: Mapping[str, Any], declared: Declared, api_keys: Mapping[str, str]) -> Caller:
    """From the event's `requestContext`. `api_keys`: id of an API key -> client, where keys are needed.

    Raises Problem (403) where an IAM role comes with the key of another client, whose quota it would use.
    """
    if declared.auth == "cognito":
        return _token(((context.get("authorizer") or {}).get("claims")) or {}, f"{declared.name}/")
    identity = context.get("identity") or {}
    owner = api_keys.get(identity.get("apiKeyId") or "")
    client = declared.callers.get(_role(identity.get("userArn") or "")) if declared.auth == "iam" else owner
    if api_keys and client is not None and client != owner:
        raise Problem(NOT_GRANTED, "The API key is another client's. Send your own.")
    return Caller(client, declared.clients.get(client, NOTHING) if client else NOTHING)


def _role(arn: str) -> str:
    """The role's name in `arn:aws:sts::<account>:assumed-role/<role>/<session>`; "" for any other principal."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "assumed-role" else ""


def _token(claims: Mapping[str, Any], server: str) -> Caller:
    """An access token's scopes: `<server><endpoint>.predict`, `<server>choose-variant`; others are of another API."""
    every = str(claims.get("scope") or "").split()
    scopes = [scope.removeprefix(server) for scope in every if scope.startswith(server)]
    endpoints = frozenset(scope.removesuffix(PREDICT) for scope in scopes if scope.endswith(PREDICT))
    client = claims.get("client_id")
    return Caller(str(client) if client else None, Grant(endpoints, CHOOSE_VARIANT in scopes))
