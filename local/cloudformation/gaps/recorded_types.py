"""Types whose service does not exist here: their properties are checked by name, and Ref and Fn::GetAtt work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from local import hooks
from local.hooks import register_cfn_type

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class _Recorded:
    """The properties of a type, and what it answers: formats of `id`, `region`, `account` and the properties."""

    properties: tuple[str, ...]
    ref: str
    attributes: dict[str, str] = field(default_factory=dict)


_ANALYZER = "arn:aws:access-analyzer:{region}:{account}:analyzer/{AnalyzerName}"
_TYPES = {
    "AWS::AccessAnalyzer::Analyzer": _Recorded(
        ("AnalyzerConfiguration", "AnalyzerName", "ArchiveRules", "Tags", "Type"), _ANALYZER, {"Arn": _ANALYZER}
    ),
    "AWS::ApiGateway::ClientCertificate": _Recorded(
        ("Description", "Tags"), "{id}", {"ClientCertificateId": "{id}"}
    ),
    "AWS::WAFv2::LoggingConfiguration": _Recorded(
        ("LogDestinationConfigs", "LoggingFilter", "RedactedFields", "ResourceArn"), "{ResourceArn}"
    ),
    "AWS::WAFv2::WebACLAssociation": _Recorded(("ResourceArn", "WebACLArn"), "{WebACLArn}|{ResourceArn}"),
}  # fmt: skip


def _register(resource_type: str, recorded: _Recorded) -> None:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Result:
        if unknown := sorted(set(properties) - set(recorded.properties)):
            raise ValueError(f"{resource_type}: the local cloud does not know {', '.join(unknown)}.")
        given = {
            "AnalyzerName": f"{logical_id}-{secrets.token_hex(4)}",
            **{name: str(value) for name, value in properties.items()},
            **{"id": secrets.token_hex(5), "region": hooks.region(), "account": hooks.account()},
        }
        return recorded.ref.format_map(given), {
            name: text.format_map(given) for name, text in recorded.attributes.items()
        }

    def delete(physical_id: str, properties: Properties) -> None:
        """Nothing was made."""

    register_cfn_type(resource_type, create, delete, replacing=recorded.properties)


def mend() -> None:
    """Provide the types."""
    for resource_type, recorded in _TYPES.items():
        _register(resource_type, recorded)
