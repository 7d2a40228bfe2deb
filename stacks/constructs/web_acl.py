"""A web application firewall in front of the API."""

from __future__ import annotations

from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from config.schema import Firewall
from stacks.constructs.web_acl_rules import inspection, rules, visible
from stacks.values.account import Account

# Headers that a request is signed or admitted with.
CREDENTIALS = ("authorization", "x-amz-security-token", "x-api-key")


class WebAcl(Construct):
    """Attached to the stage `stage_arn`. It logs what it did, without the caller's credentials.

    `rate_limit`: requests of one address in five minutes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        account: Account,
        name: str,
        stage_arn: str,
        settings: Firewall,
        rate_limit: int,
        logs_key: str,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id)
        # WAF writes to log groups of this name only.
        group_name = f"aws-waf-logs-{name}"
        group = logs.CfnLogGroup(
            self, "Logs", log_group_name=group_name, kms_key_id=logs_key, retention_in_days=log_retention_days
        )
        acl = waf.CfnWebACL(
            self,
            "Acl",
            name=name,
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=visible(name),
            rules=rules(settings, rate_limit),
            association_config=inspection(settings.body_limit_kb) if settings.body_limit_kb else None,
        )
        self.association = waf.CfnWebACLAssociation(
            self, "Association", resource_arn=stage_arn, web_acl_arn=acl.attr_arn
        )
        logging = waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            # The group's attribute ends in `:*`, which WAF does not take.
            log_destination_configs=[account.arn("logs", f"log-group:{group_name}")],
            redacted_fields=[{"singleHeader": {"Name": header}} for header in CREDENTIALS],
        )
        logging.add_resource_dependency(group)
