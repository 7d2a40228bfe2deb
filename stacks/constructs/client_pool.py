"""A user pool of applications: each has an id and a secret, and takes tokens with the scopes that it was granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from stacks.constructs.naming import construct_id

TOKEN_MINUTES, MINUTES = 15, "minutes"
Pool = cognito.CfnUserPool


class ClientPool(Construct):
    """`arn` is the pool's, `client_ids`: client -> its app client, `token_url`: where tokens are taken.

    `scopes`: what there is to grant. `clients`: name -> the scopes it has, `<name>/<scope>`. Nobody signs in: there are
    no users, and whoever made one would need a second factor.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        account_id: str,
        region: str,
        name: str,
        scopes: Sequence[str],
        clients: Mapping[str, Sequence[str]],
        retain: bool,
    ) -> None:
        super().__init__(scope, id)
        pool = _pool(self, name, retain)
        self.id, self.arn = pool.ref, pool.attr_arn
        server = cognito.CfnUserPoolResourceServer(
            self,
            "Grants",
            user_pool_id=pool.ref,
            identifier=name,
            name=name,
            scopes=[
                cognito.CfnUserPoolResourceServer.ResourceServerScopeTypeProperty(
                    scope_name=each, scope_description=each.replace("-", " ")
                )
                for each in scopes
            ],
        )
        # One region has each only once, among all accounts.
        prefix = f"{name}-{account_id}"
        cognito.CfnUserPoolDomain(self, "Domain", user_pool_id=pool.ref, domain=prefix)
        self.token_url = token_url(prefix, region)
        self.client_ids = {}
        for client, granted in clients.items():
            made = cognito.CfnUserPoolClient(
                self,
                f"Client{construct_id(client)}",
                user_pool_id=pool.ref,
                client_name=client,
                generate_secret=True,
                allowed_o_auth_flows=["client_credentials"],
                allowed_o_auth_flows_user_pool_client=True,
                allowed_o_auth_scopes=list(granted),
                # Cognito demands one: without users it opens nothing.
                explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
                prevent_user_existence_errors="ENABLED",
                enable_token_revocation=True,
                access_token_validity=TOKEN_MINUTES,
                token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(access_token=MINUTES),
            )
            made.add_resource_dependency(server)
            self.client_ids[client] = made.ref


def token_url(prefix: str, region: str) -> str:
    """Where a client takes its tokens; GovCloud has FIPS endpoints only (Cognito: user pools in AWS GovCloud)."""
    service = "auth-fips" if region.startswith("us-gov-") else "auth"
    return f"https://{prefix}.{service}.{region}.amazoncognito.com/oauth2/token"


def _pool(scope: Construct, name: str, retain: bool) -> Pool:
    pool = Pool(
        scope,
        "Pool",
        user_pool_name=name,
        # Of the plans the one with threat protection. It is paid by user, and there are none; tokens of clients cost as
        # in every plan.
        user_pool_tier="PLUS",
        user_pool_add_ons=Pool.UserPoolAddOnsProperty(
            advanced_security_mode="ENFORCED",
            advanced_security_additional_flows=Pool.AdvancedSecurityAdditionalFlowsProperty(
                custom_auth_mode="ENFORCED"
            ),
        ),
        admin_create_user_config=Pool.AdminCreateUserConfigProperty(allow_admin_create_user_only=True),
        account_recovery_setting=Pool.AccountRecoverySettingProperty(
            recovery_mechanisms=[Pool.RecoveryOptionProperty(name="admin_only", priority=1)]
        ),
        mfa_configuration="ON",
        enabled_mfas=["SOFTWARE_TOKEN_MFA"],
        policies=Pool.PoliciesProperty(
            password_policy=Pool.PasswordPolicyProperty(
                minimum_length=16,
                require_lowercase=True,
                require_uppercase=True,
                require_numbers=True,
                require_symbols=True,
                temporary_password_validity_days=1,
            )
        ),
        username_configuration=Pool.UsernameConfigurationProperty(case_sensitive=False),
        deletion_protection="ACTIVE" if retain else "INACTIVE",
    )
    # Protected from deletion, so it stays where data is retained; its clients do not: one that is taken out of the
    # configuration must not live on.
    pool.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY)
    return pool
