"""REST APIs: where an API looks for keys, and whether its own address answers, which MiniStack sets in updates only."""

from __future__ import annotations

from local import hooks
from local.cloudformation.gaps.after import Properties, after, is_true


def _apply(api_id: str, properties: Properties, old: Properties) -> None:
    wanted = {
        "/apiKeySource": str(properties.get("ApiKeySourceType", "HEADER")),
        "/disableExecuteApiEndpoint": str(is_true(properties.get("DisableExecuteApiEndpoint", False))).lower(),
    }
    operations = [{"op": "replace", "path": path, "value": value} for path, value in wanted.items()]
    hooks.client("apigateway").update_rest_api(restApiId=api_id, patchOperations=operations)


def mend() -> None:
    """Apply them after each create and update of an API."""
    after("AWS::ApiGateway::RestApi", _apply)
