"""Single properties that MiniStack's provisioners drop, and API Gateway's request validators, which they only name."""

from __future__ import annotations

from typing import Any

from local import hooks
from local.cloudformation.gaps.after import Properties, after, is_true, only
from local.hooks import register_cfn_type


def _permissions_boundary(role_name: str, properties: Properties, old: Properties) -> None:
    iam = hooks.client("iam")
    if boundary := properties.get("PermissionsBoundary"):
        iam.put_role_permissions_boundary(RoleName=role_name, PermissionsBoundary=boundary)
    elif old.get("PermissionsBoundary"):
        iam.delete_role_permissions_boundary(RoleName=role_name)


def _topic_attributes(topic_arn: str, properties: Properties, old: Properties) -> None:
    for name, default in (("KmsMasterKeyId", ""), ("SignatureVersion", "1"), ("TracingConfig", "PassThrough")):
        value, before = str(properties.get(name, default)), str(old.get(name, default))
        if value != before:
            client = hooks.client("sns")
            client.set_topic_attributes(TopicArn=topic_arn, AttributeName=name, AttributeValue=value)


def _method_validator(method_id: str, properties: Properties, old: Properties) -> None:
    validator, before = properties.get("RequestValidatorId", ""), old.get("RequestValidatorId", "")
    if validator != before:
        hooks.client("apigateway").update_method(
            restApiId=properties["RestApiId"],
            resourceId=properties["ResourceId"],
            httpMethod=properties["HttpMethod"],
            patchOperations=[{"op": "replace", "path": "/requestValidatorId", "value": validator}],
        )


_VALIDATOR = "AWS::ApiGateway::RequestValidator"


def _create_validator(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
    flags = ("ValidateRequestBody", "ValidateRequestParameters")
    only(properties, frozenset({"Name", "RestApiId", *flags}), _VALIDATOR)
    answer = hooks.client("apigateway").create_request_validator(
        restApiId=properties["RestApiId"],
        name=properties.get("Name") or f"{stack_name}-{logical_id}",
        validateRequestBody=is_true(properties.get("ValidateRequestBody", False)),
        validateRequestParameters=is_true(properties.get("ValidateRequestParameters", False)),
    )
    return answer["id"], {"RequestValidatorId": answer["id"]}


def _delete_validator(physical_id: str, properties: Properties) -> None:
    hooks.client("apigateway").delete_request_validator(
        restApiId=properties["RestApiId"], requestValidatorId=physical_id
    )


def mend() -> None:
    """Apply each property after create and update of its type."""
    register_cfn_type(
        _VALIDATOR,
        _create_validator,
        _delete_validator,
        replacing=("Name", "RestApiId", "ValidateRequestBody", "ValidateRequestParameters"),
    )
    after("AWS::IAM::Role", _permissions_boundary)
    after("AWS::SNS::Topic", _topic_attributes)
    after("AWS::ApiGateway::Method", _method_validator)
