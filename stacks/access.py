"""People: a data scientist's role for each project, and those of the approver and the auditor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config import catalogue
from config.schema import DataScientist
from stacks.constructs.naming import construct_id
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import personas, trust
from stacks.permissions.statement import Statement
from stacks.values.identity import Identity
from stacks.values.job_limits import JobLimits
from stacks.values.people import People
from stacks.values.placement import Placement
from stacks.values.store import Stores


class Access(cdk.Stack):
    """Roles that people of the account assume. `projects`: model -> the ARN of its experiments' role."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        identity: Identity,
        people: People,
        data_scientist: DataScientist,
        projects: Mapping[str, str],
        stores: Stores,
        placement: Placement,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self._identity, self._people = identity, people
        account = identity.account
        limits = _limits(data_scientist, stores)
        for project, experiment_role in projects.items():
            statements = personas.data_scientist(
                account,
                name=name,
                experiment_role=experiment_role,
                stores=stores,
                limits=limits,
                placement=placement,
            )
            self._persona(f"{construct_id(project)}DataScientist", "data-scientist", statements, {"project": project})
        self._persona("Approver", "approver", personas.approver(account, name=name))
        self._persona("Auditor", "auditor", personas.auditor(account, name=name))

    def _persona(self, id: str, kind: str, statements: list[Statement], tags: dict[str, str] | None = None) -> None:
        role = ScopedRole(
            self,
            id,
            identity=self._identity,
            kind=kind,
            trust=trust.people(self._identity.account, self._people),
            description=f"{kind.replace('-', ' ').capitalize()}",
            statements=statements,
            tags=tags,
        )
        cdk.CfnOutput(self, f"{id}Role", value=role.role_arn)


def _limits(settings: DataScientist, stores: Stores) -> list[JobLimits]:
    """Machines whose volume takes a key must be given one; the others encrypt their drives themselves."""
    found = []
    for key in (stores.data.key, None):
        types = [each for each in settings.instance_types if catalogue.encrypts_its_drives(each) == (key is None)]
        if types:
            seconds = settings.max_runtime_minutes * 60
            found.append(JobLimits(types, seconds, key, [stores.data.key, stores.artifacts.key]))
    return found
