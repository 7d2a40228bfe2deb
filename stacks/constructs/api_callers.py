"""The clients of the API: a role, an app client or a key for each, with what it was granted."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk

from config.schema import FrontDoor
from stacks.constructs.client_keys import ClientKeys
from stacks.constructs.client_pool import ClientPool
from stacks.constructs.naming import construct_id
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import front_door as permissions
from stacks.permissions import trust
from stacks.values.api_access import ApiAccess
from stacks.values.identity import Identity

CHOOSE_VARIANT = "choose-variant"


class ApiCallers:
    """`roles`: name of an IAM role -> client, `key_ids`: id of an API key -> client, as the function knows them.

    The resources are in the stack's own scope; what a client needs to know of them are outputs.
    """

    def __init__(
        self, stack: cdk.Stack, *, name: str, endpoints: Sequence[str], settings: FrontDoor, retain: bool
    ) -> None:
        self._stack, self._name, self._settings, self._endpoints = stack, name, settings, sorted(endpoints)
        # Made-up names would be known only when the function exists, which tells callers apart by them.
        signed = settings.auth == "iam"
        self.roles = {f"{name}-caller-{client}": client for client in settings.clients} if signed else {}
        self._keys = ClientKeys(stack, "Keys", name=name, clients=settings.clients) if settings.has_keys else None
        self._pool = self._user_pool(retain) if settings.auth == "cognito" else None

    @property
    def key_ids(self) -> dict[str, str]:
        """The function holds the key against who else the request says it is. A token says no client's name."""
        compared = self._keys if self._settings.auth != "cognito" else None
        return {id: client for client, id in compared.ids.items()} if compared else {}

    def access(self, vpc_endpoint_id: str | None) -> ApiAccess:
        """What the API asks of a request."""
        settings = self._settings
        return ApiAccess(
            auth=settings.auth,
            keys=settings.has_keys,
            user_pool_arn=self._pool.arn if self._pool else None,
            scopes=[f"{self._name}/{scope}" for scope in self._scopes(self._endpoints)] if self._pool else [],
            vpc_endpoint_id=vpc_endpoint_id if settings.private else None,
            disabled_address=settings.domain is not None,
        )

    def admit(self, identity: Identity, *, api_id: str, stage: str) -> None:
        """The clients may call this stage of this API, as far as they were granted it."""
        if self._keys:
            self._keys.admit(api_id, stage)
            self._tell("ApiKeyId", self._keys.ids)
        if self._pool:
            self._tell("ClientId", self._pool.client_ids)
        arns = {client: self._role(identity, role, client, api_id) for role, client in self.roles.items()}
        self._tell("CallerRole", arns)
        for arn in list(arns.values())[:1]:
            cdk.CfnOutput(self._stack, "CallerRole", value=arn)

    def _role(self, identity: Identity, name: str, client: str, api_id: str) -> str:
        """Applications of this account assume it to call the API, and can do nothing else with it."""
        made = ScopedRole(
            self._stack,
            f"Caller{construct_id(client)}",
            identity=identity,
            kind=permissions.CALLER_KIND,
            name=name,
            trust=trust.applications(identity.account),
            description=f"Calls the API as {client}",
            statements=permissions.caller(
                identity.account, api_id=api_id, endpoints=self._settings.clients[client].endpoints
            ),
        )
        return made.role_arn

    def _user_pool(self, retain: bool) -> ClientPool:
        pool = ClientPool(
            self._stack,
            "Clients",
            account_id=self._stack.account,
            region=self._stack.region,
            name=self._name,
            scopes=[*self._scopes(self._endpoints), CHOOSE_VARIANT],
            clients={client: self._granted(client) for client in self._settings.clients},
            retain=retain,
        )
        cdk.CfnOutput(self._stack, "UserPoolId", value=pool.id)
        cdk.CfnOutput(self._stack, "TokenUrl", value=pool.token_url)
        return pool

    def _granted(self, client: str) -> list[str]:
        its = self._settings.clients[client]
        scopes = self._scopes(sorted(its.endpoints or self._endpoints))
        return [f"{self._name}/{scope}" for scope in (*scopes, *([CHOOSE_VARIANT] if its.choose_variant else []))]

    def _scopes(self, endpoints: Sequence[str]) -> list[str]:
        return [f"{endpoint}.predict" for endpoint in endpoints]

    def _tell(self, what: str, values: dict[str, str]) -> None:
        for client, value in values.items():
            cdk.CfnOutput(self._stack, f"{what}{construct_id(client)}", value=value)
