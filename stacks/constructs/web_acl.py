"""A web application firewall in front of the API."""

from __future__ import annotations

from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from stacks.values.account import Account

# AWS's managed groups: the core rules, inputs known to be bad (Log4j among them), addresses with a bad name.
MANAGED_GROUPS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)
# Reviews, tables and images are larger than a form: the function holds the limit of bodies instead.
COUNTED_ONLY = {"AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODY"]}
REQUESTS_FROM_ONE_ADDRESS_IN_FIVE_MINUTES = 10_000


class WebAcl(Construct):
    """Attached to the stage `stage_arn`. It logs what it did, without the caller's credentials."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        account: Account,
        name: str,
        stage_arn: str,
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
            visibility_config=_visible(name),
            rules=[*(_managed(n, group) for n, group in enumerate(MANAGED_GROUPS, start=1)), _rate()],
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
            redacted_fields=[{"singleHeader": {"Name": "authorization"}}],
        )
        logging.add_resource_dependency(group)


def _managed(priority: int, group: str) -> waf.CfnWebACL.RuleProperty:
    count = [
        waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={}))
        for rule in COUNTED_ONLY.get(group, [])
    ]
    return waf.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=group, rule_action_overrides=count or None
            )
        ),
        visibility_config=_visible(group),
    )


def _rate() -> waf.CfnWebACL.RuleProperty:
    """Of one address, a second line behind the stage's throttle of all callers together."""
    return waf.CfnWebACL.RuleProperty(
        name="Rate",
        priority=len(MANAGED_GROUPS) + 1,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=REQUESTS_FROM_ONE_ADDRESS_IN_FIVE_MINUTES
            )
        ),
        visibility_config=_visible("Rate"),
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        metric_name=name, cloud_watch_metrics_enabled=True, sampled_requests_enabled=False
    )
