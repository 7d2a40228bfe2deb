"""What CloudFormation needs for the front door's options, beside what stacks/permissions/execution.py always allows."""

from __future__ import annotations

from config.schema import FrontDoor
from stacks.permissions.conditions import tagged
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account

OWN = Because.OWN_KIND


def options(account: Account, settings: FrontDoor, *, prefix: str, environment: str, name: str) -> list[Statement]:
    """Of those that are set; `name` is `<prefix>-<environment>`."""
    domain = settings.domain
    found = []
    if settings.auth == "cognito":
        found += _user_pool(account, prefix, environment)
    if settings.provisioned_concurrency:
        found.append(_versions(account, name))
    if domain and domain.hosted_zone_id:
        found += _record(account, domain.hosted_zone_id)
    if domain and domain.truststore:
        # API Gateway reads it as whoever sets it.
        read, file = ["s3:GetObject", "s3:GetObjectVersion"], domain.truststore.uri.removeprefix("s3://")
        found.append(Statement("Truststore", read, [account.bucket(file)]))
        found.append(_client_certificates(account, domain.name))
    return found


def _client_certificates(account: Account, name: str) -> Statement:
    """Mutual TLS at a name has actions of its own, beside those of every setting of API Gateway."""
    place = f"arn:{account.partition}:apigateway:{account.region}::/domainnames"
    verbs = ["apigateway:AddCertificateToDomain", "apigateway:RemoveCertificateFromDomain"]
    return Statement("ClientCertificates", verbs, [place, f"{place}/{name}"])


def _versions(account: Account, name: str) -> Statement:
    """Of the platform's functions, by name."""
    verbs = ["CreateAlias", "DeleteAlias", "GetAlias", "ListVersionsByFunction", "PublishVersion", "UpdateAlias"]
    verbs += [f"{verb}ProvisionedConcurrencyConfig" for verb in ("Delete", "Get", "Put")]
    functions = [account.arn("lambda", f"function:{name}-*")]
    return Statement("Versions", [f"lambda:{verb}" for verb in verbs], functions, because=OWN)


def _record(account: Account, zone: str) -> list[Statement]:
    """In one hosted zone. Whether a change has arrived is asked by the change's id."""
    record = [f"route53:{verb}" for verb in ("ChangeResourceRecordSets", "GetHostedZone", "ListResourceRecordSets")]
    zones, changes = (f"arn:{account.partition}:route53:::{what}" for what in (f"hostedzone/{zone}", "change/*"))
    return [
        Statement("Record", record, [zones]),
        Statement("RecordMade", ["route53:GetChange"], [changes], because=Because.UNNAMED),
        Statement("Zones", ["route53:ListHostedZones"], ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]


def _user_pool(account: Account, prefix: str, environment: str) -> list[Statement]:
    """Its id is made up: by the platform's tags."""
    made, own = (tagged(f"aws:{key}", prefix, environment) for key in ("RequestTag", "ResourceTag"))
    pools = [account.arn("cognito-idp", "userpool/*")]
    verbs = ["DeleteUserPool", "DescribeUserPool", "GetUserPoolMfaConfig", "SetUserPoolMfaConfig", "UpdateUserPool"]
    nouns = ("ResourceServer", "UserPoolClient", "UserPoolDomain")
    verbs += [f"{verb}{noun}" for noun in nouns for verb in ("Create", "Delete", "Describe", "Update")]
    verbs += ["ListTagsForResource", "ListUserPoolClientSecrets", "TagResource", "UntagResource"]
    # Domains are looked up by their name alone.
    look = ["cognito-idp:DescribeUserPoolDomain"]
    return [
        Statement("CreateUserPool", ["cognito-idp:CreateUserPool"], ["*"], made, because=Because.UNNAMED),
        Statement("UserPool", [f"cognito-idp:{verb}" for verb in verbs], pools, own, because=OWN),
        Statement("UserPoolDomain", look, ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]
