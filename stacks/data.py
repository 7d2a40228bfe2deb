"""The buckets, the role that brings data in, and where data is not kept, the role that takes it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.schema import DataSettings
from stacks.constructs.private_bucket import PrivateBucket
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import data as permissions
from stacks.permissions import front_door, perimeter, trust
from stacks.permissions.hosting import ASYNC, REQUESTER
from stacks.permissions.perimeter import BucketStatement
from stacks.permissions.statement import Statement
from stacks.values.identity import Identity
from stacks.values.key_arns import KeyArns
from stacks.values.people import People
from stacks.values.store import Store, Stores

# Of what callers of asynchronous endpoints leave and get, and of what is noted of their jobs.
JOB_DAYS = 30


class Data(cdk.Stack):
    """`raw` holds what was uploaded, `data` what processing made of it, `artifacts` models and evaluations.

    `s3_endpoint_id`: the VPC's way to S3 and, but for a few roles, the only one to the objects (docs/data.md).
    `qualifier`: of `cdk bootstrap`. `hosted`: the kinds of hosted models' roles. `captured`: names of the endpoints
    that capture requests. `also_emptied`: names of the log buckets, which go when the environment goes.
    Controls: S3.2, .3, .5, .6, .8 to .15, .17.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: DataSettings,
        identity: Identity,
        keys: KeyArns,
        access_logs_bucket: str,
        s3_endpoint_id: str,
        break_glass: Sequence[str],
        qualifier: str,
        people: People,
        retain: bool,
        hosted: Sequence[str] = (),
        captured: Sequence[str] = (),
        also_emptied: Sequence[str] = (),
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        account = identity.account
        self._identity, self._retain, self._settings = identity, retain, settings
        self._access_logs, self._endpoint, self._people = access_logs_bucket, s3_endpoint_id, people
        # SageMaker Pipelines reads the gate's metrics itself, as the pipeline's role, from outside the VPC.
        exempt = [identity.roles("pipeline"), *perimeter.deployers(account, qualifier), *break_glass]
        if not retain:
            exempt.append(identity.roles("custodian"))
        lock, later = settings.object_lock_days, bool(_asynchronous(hosted))
        self.stores = Stores(
            raw=self._store("Raw", keys.data, [*exempt, identity.roles("uploader")], lock_days=lock, events=True),
            data=self._store(
                "Data",
                keys.data,
                [
                    *exempt,
                    # SageMaker itself, outside of the VPC, takes asynchronous requests from here and leaves answers.
                    # Applications leave them and fetch these from where they run, by links of the API's function too.
                    *(identity.roles(kind) for kind in _asynchronous(hosted)),
                    # People compare variants where they sit.
                    *([identity.roles("analyst")] if captured else []),
                ],
                expire=_expiring(settings.processed_days, later),
                also=front_door.links(identity.roles(front_door.FUNCTION_KIND), s3_endpoint_id) if later else [],
            ),
            # Whether a model's artifact is there, SageMaker may ask as the model's own role and from its own network.
            artifacts=self._store("Artifacts", keys.artifacts, exempt, readers=[identity.roles(k) for k in hosted]),
        )
        self._role("Uploader", "Uploads raw data", permissions.uploader(account, self.stores.raw))
        if captured:
            self._role("Analyst", "Compares variants", permissions.analyst(account, self.stores.data, captured))
        if not retain:
            own = [self.stores.raw.name, self.stores.data.name, self.stores.artifacts.name]
            buckets = [account.bucket(name) for name in (*own, *also_emptied)]
            self._role("Custodian", "Empties the buckets", permissions.custodian(account, buckets))

    def _store(
        self,
        id: str,
        key: str,
        exempt: Sequence[str],
        *,
        readers: Sequence[str] = (),
        also: Sequence[BucketStatement] = (),
        **its: Any,
    ) -> Store:
        """A bucket that only `exempt` roles and `readers` reach from outside the VPC; its name is an output."""
        bucket = PrivateBucket(
            self,
            id,
            account=self._identity.account,
            key=key,
            access_logs=self._access_logs,
            noncurrent_days=self._settings.noncurrent_days,
            retain=self._retain,
            statements=[
                *perimeter.network(self._endpoint, exempt=exempt, readers=readers),
                *also,
                *perimeter.encryption(key),
            ],
            **its,
        )
        cdk.CfnOutput(self, f"{id}Bucket", value=bucket.name)
        return Store(bucket.name, bucket.arn, key)

    def _role(self, id: str, description: str, statements: Sequence[Statement]) -> None:
        """A role that people and laptops assume; its ARN is an output."""
        role = ScopedRole(
            self,
            id,
            identity=self._identity,
            kind=id.lower(),
            trust=trust.people(self._identity.account, self._people),
            description=description,
            statements=statements,
        )
        cdk.CfnOutput(self, f"{id}Role", value=role.role_arn)


def _asynchronous(hosted: Sequence[str]) -> list[str]:
    """The kinds of roles that work with asynchronous requests from outside of the VPC."""
    return ["asynchronous", REQUESTER, front_door.FUNCTION_KIND] if "asynchronous" in hosted else []


def _expiring(processed_days: int | None, later: bool) -> dict[str, int]:
    """Prefix of the data bucket -> days."""
    processed = {"processed/": processed_days} if processed_days else {}
    return processed | (dict.fromkeys((ASYNC, front_door.JOBS), JOB_DAYS) if later else {})
