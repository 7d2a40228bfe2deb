"""The API under a name of the organisation's own, by mutual TLS where it is asked for."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_route53 as route53
from constructs import Construct

from config.schema import Domain, Truststore
from stacks.constructs.prediction_api import TLS_POLICY

Name = apigateway.CfnDomainName


class ApiDomain(Construct):
    """`target`: what a record of the name has to point to, where the zone is elsewhere."""

    def __init__(self, scope: Construct, id: str, *, settings: Domain, api_id: str, stage: str) -> None:
        super().__init__(scope, id)
        mutual = settings.truststore
        domain = Name(
            self,
            "Name",
            domain_name=settings.name,
            regional_certificate_arn=settings.certificate_arn,
            endpoint_configuration=Name.EndpointConfigurationProperty(types=["REGIONAL"]),
            # API Gateway takes no newer policy together with mutual TLS.
            security_policy="TLS_1_2" if mutual else TLS_POLICY,
            endpoint_access_mode=None if mutual else "STRICT",
            mutual_tls_authentication=_mutual_tls(mutual) if mutual else None,
        )
        apigateway.CfnBasePathMapping(self, "Mapping", domain_name=domain.ref, rest_api_id=api_id, stage=stage)
        self.target = domain.attr_regional_domain_name
        if settings.hosted_zone_id:
            route53.CfnRecordSet(
                self,
                "Record",
                hosted_zone_id=settings.hosted_zone_id,
                name=settings.name,
                type="A",
                alias_target=route53.CfnRecordSet.AliasTargetProperty(
                    dns_name=self.target, hosted_zone_id=domain.attr_regional_hosted_zone_id
                ),
            )


def _mutual_tls(store: Truststore) -> apigateway.CfnDomainName.MutualTlsAuthenticationProperty:
    return Name.MutualTlsAuthenticationProperty(truststore_uri=store.uri, truststore_version=store.version)
