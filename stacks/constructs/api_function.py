"""The function behind the API, with what it is told: endpoints, callers, and where jobs are kept."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from config.schema import FrontDoor
from stacks.api_definition import ApiEndpoint
from stacks.api_definition.packaged import packaged
from stacks.constructs.api_callers import ApiCallers
from stacks.constructs.private_function import PrivateFunction
from stacks.permissions import front_door as permissions
from stacks.permissions.front_door import STAGE
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.store import Store

MEMORY_MB = 512
# As long as API Gateway waits.
TIMEOUT_SECONDS = 29


class ApiFunction:
    """`arn` is what the API calls. `open_errors`: a problem may repeat a model's own message."""

    def __init__(
        self,
        scope: Construct,
        *,
        name: str,
        endpoints: Mapping[str, ApiEndpoint],
        settings: FrontDoor,
        callers: ApiCallers,
        data: Store,
        around: FunctionSurroundings,
        open_errors: bool,
    ) -> None:
        modes = {endpoint.hosted: endpoint.mode for endpoint in endpoints.values()}
        jobs = data if "asynchronous" in modes.values() else None
        self.arn = PrivateFunction(
            scope,
            "Predictions",
            package="front_door",
            kind=permissions.FUNCTION_KIND,
            files=packaged(
                name=name,
                endpoints=endpoints,
                settings=settings,
                callers=callers.roles,
                server=f"https://{settings.domain.name}" if settings.domain else f"/{STAGE}",
                verbose_errors=open_errors,
            ),
            log_group=f"/{name}/front-door",
            environment=_variables(name, callers.key_ids, jobs),
            memory_mb=MEMORY_MB,
            timeout_seconds=TIMEOUT_SECONDS,
            statements=permissions.function(around.identity.account, modes, jobs),
            around=around,
            concurrency=settings.concurrency,
            provisioned=settings.provisioned_concurrency,
        ).arn


def _variables(name: str, key_ids: Mapping[str, str], jobs: Store | None) -> dict[str, str]:
    """What is known only when it is deployed, or may differ without another package."""
    variables = {"LOG_LEVEL": "INFO", "METRICS_NAMESPACE": f"{name}/front-door"}
    if jobs:
        variables["JOBS_BUCKET"] = jobs.name
    if key_ids:
        # By hand: the ids are references, which json.dumps would take for plain keys.
        variables["API_KEYS"] = "{" + ",".join(f'"{id}":"{client}"' for id, client in key_ids.items()) + "}"
    return variables
