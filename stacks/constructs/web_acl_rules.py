"""What the firewall before the API looks for, in its order."""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf

from config.schema import Firewall

# AWS's managed groups: the core rules, inputs known to be bad (Log4j among them), addresses with a bad name.
MANAGED_GROUPS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)
# Reviews, tables and images are larger than a form: the function holds the limit of bodies instead.
COUNTED_ONLY = {"AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODY"]}
# How much of a body WAF looks at for API Gateway, KB: more than the first of them costs more.
INSPECTED_KB = (16, 32, 48, 64)
Rule = waf.CfnWebACL.RuleProperty


def rules(settings: Firewall, rate_limit: int) -> list[Rule]:
    """In their order: each next one has a higher number."""
    managed = [_managed(n, group) for n, group in enumerate(MANAGED_GROUPS, start=1)]
    rules = [*managed, _rate(len(managed) + 1, rate_limit)]
    return [*rules, _size(len(rules) + 1, settings.body_limit_kb)] if settings.body_limit_kb else rules


def _managed(priority: int, group: str) -> Rule:
    count = [
        waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={}))
        for rule in COUNTED_ONLY.get(group, [])
    ]
    return Rule(
        name=group,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=group, rule_action_overrides=count or None
            )
        ),
        visibility_config=visible(group),
    )


def _rate(priority: int, limit: int) -> Rule:
    """Of one address, a second line behind the stage's throttle of all callers together."""
    requests = waf.CfnWebACL.RateBasedStatementProperty(aggregate_key_type="IP", limit=limit)
    return _blocking("Rate", priority, waf.CfnWebACL.StatementProperty(rate_based_statement=requests))


def _size(priority: int, kilobytes: int) -> Rule:
    """A body that is longer than what WAF looks at is longer than the limit too."""
    body = waf.CfnWebACL.FieldToMatchProperty(body=waf.CfnWebACL.BodyProperty(oversize_handling="MATCH"))
    size = waf.CfnWebACL.SizeConstraintStatementProperty(
        field_to_match=body,
        comparison_operator="GT",
        size=kilobytes * 1024,
        text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    return _blocking("BodySize", priority, waf.CfnWebACL.StatementProperty(size_constraint_statement=size))


def inspection(kilobytes: int) -> waf.CfnWebACL.AssociationConfigProperty:
    """As much as it takes to see the limit."""
    enough = next(each for each in INSPECTED_KB if each >= kilobytes)
    body = waf.CfnWebACL.RequestBodyAssociatedResourceTypeConfigProperty(default_size_inspection_limit=f"KB_{enough}")
    return waf.CfnWebACL.AssociationConfigProperty(request_body={"API_GATEWAY": body})


def _blocking(name: str, priority: int, statement: waf.CfnWebACL.StatementProperty) -> Rule:
    action = waf.CfnWebACL.RuleActionProperty(block={})
    return Rule(name=name, priority=priority, action=action, statement=statement, visibility_config=visible(name))


def visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        metric_name=name, cloud_watch_metrics_enabled=True, sampled_requests_enabled=False
    )
