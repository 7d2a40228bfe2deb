"""One role for each model of an endpoint, and the log group that they write to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from config.schema import Endpoint
from stacks.constructs.naming import construct_id
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import hosting, trust
from stacks.permissions.statement import Statement
from stacks.values.container_source import ContainerSource
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.image_repository import ImageRepository
from stacks.values.store import Stores


class HostingRoles:
    """`of`: variant or shadow -> its role."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        endpoint: str,
        settings: Endpoint,
        sources: Mapping[str, Sequence[ContainerSource]],
        images: Sequence[ImageRepository],
        stores: Stores,
        topics: Sequence[str],
        configuration_id: str,
        around: FunctionSurroundings,
    ) -> None:
        account = around.identity.account
        guarded = configuration_id if settings.is_guarded else None
        # What the roles write to: SageMaker would make it itself, without a key and for ever.
        logs.CfnLogGroup(
            stack,
            "Logs",
            log_group_name=hosting.log_group_name(endpoint),
            kms_key_id=around.logs_key,
            retention_in_days=around.log_retention_days,
        )
        self.of = {}
        for variant, own in sources.items():
            released = any(source.group for source in own)
            # Without a package of its own a variant serves another's containers.
            served = [source for chain in sources.values() for source in chain] if released else own
            statements = hosting.hosting(
                account,
                endpoint=endpoint,
                variant=variant,
                sources=served,
                artifacts=stores.artifacts,
                images=images,
                configuration_id=guarded,
            )
            if settings.capture:
                statements += hosting.captures(account, endpoint, stores.data)
            if settings.asynchronous:
                statements += hosting.answers_later(account, endpoint, stores.data, topics, around.dead_letters_key)
            self.of[variant] = self._role(stack, endpoint, variant, settings.mode, statements, around)

    def _role(
        self,
        stack: cdk.Stack,
        endpoint: str,
        variant: str,
        mode: str,
        statements: Sequence[Statement],
        around: FunctionSurroundings,
    ) -> ScopedRole:
        return ScopedRole(
            stack,
            f"{construct_id(variant)}Hosting",
            identity=around.identity,
            kind=hosting.hosting_kind(mode),
            trust=trust.sagemaker(around.identity.account),
            description=f"Variant {variant} of {endpoint}",
            statements=statements,
        )
