"""The way in: who is asked for, what is refused before the function runs, and what is written down of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from config import environment_names, load_environment
from tests.stacks.resources import Template, of_type, text
from tests.stacks.variant import changed, stacks_of

each_environment = pytest.mark.parametrize("environment", environment_names())


@pytest.fixture
def template(environment: str, templates: Callable[[str], dict[str, Template]]) -> Template:
    return templates(environment)["front-door"]


@pytest.fixture
def dev(templates: Callable[[str], dict[str, Template]]) -> Template:
    return templates("dev")["front-door"]


def stage(template: Template) -> dict[str, Any]:
    (found,) = of_type(template, "AWS::ApiGateway::Stage")
    properties: dict[str, Any] = found["Properties"]
    return properties


def log_groups(template: Template) -> dict[str, dict[str, Any]]:
    """Name -> properties."""
    return {its["Properties"]["LogGroupName"]: its["Properties"] for its in of_type(template, "AWS::Logs::LogGroup")}


@each_environment
def should_authenticate_and_validate_every_method(template: Template) -> None:
    (validator,) = of_type(template, "AWS::ApiGateway::RequestValidator")
    assert validator["Properties"]["ValidateRequestParameters"] is True
    assert validator["Properties"]["ValidateRequestBody"] is True
    for method in of_type(template, "AWS::ApiGateway::Method"):
        assert method["Properties"]["AuthorizationType"] == "AWS_IAM"
        assert template["Resources"][method["Properties"]["RequestValidatorId"]["Ref"]] == validator
        assert method["Properties"]["RequestParameters"] == {"method.request.path.endpoint": True}


@each_environment
def should_throttle_trace_and_log_without_bodies(template: Template) -> None:
    (settings,) = stage(template)["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0
    assert settings["LoggingLevel"] == "ERROR"
    assert settings["DataTraceEnabled"] is False
    assert settings["MetricsEnabled"] is True
    assert stage(template)["TracingEnabled"] is True


@each_environment
def should_log_each_access_into_an_encrypted_group(template: Template, environment: str) -> None:
    access = stage(template)["AccessLogSetting"]
    assert text(access["DestinationArn"]).endswith(f":log-group:/ashlar-{environment}/api-access")
    assert {"requestId", "ip", "caller", "httpMethod", "resourcePath", "status"} <= json.loads(access["Format"]).keys()
    assert "body" not in access["Format"].lower()
    assert log_groups(template)[f"/ashlar-{environment}/api-access"]["KmsKeyId"]


@each_environment
def should_write_logs_before_it_serves_and_keep_the_accounts_role(template: Template) -> None:
    (stage_resource,) = of_type(template, "AWS::ApiGateway::Stage")
    (account,) = of_type(template, "AWS::ApiGateway::Account")
    ids = {id for id, its in template["Resources"].items() if its is account}
    assert ids <= set(stage_resource["DependsOn"])
    role = template["Resources"][account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]]
    policies = [template["Resources"][policy["Ref"]] for policy in role["Properties"]["ManagedPolicyArns"]]
    assert policies
    for resource in (account, role, *policies):
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def should_leave_the_accounts_logging_role_as_it_is_where_there_is_one(dev: Template) -> None:
    role = "arn:aws:iam::111122223333:role/api-gateway-logs"
    existing = stacks_of(changed("dev", {"front_door": {"api_logging_role": role}}))["front-door"]
    left_out = [id for id in dev["Resources"] if id not in existing["Resources"]]
    assert sorted({dev["Resources"][id]["Type"] for id in left_out}) == [
        "AWS::ApiGateway::Account",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
    ]
    assert existing["Resources"].keys() <= dev["Resources"].keys()


@each_environment
def should_let_only_the_api_call_the_function(template: Template) -> None:
    permissions = of_type(template, "AWS::Lambda::Permission")
    for permission in permissions:
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert text(permission["Properties"]["SourceArn"]).count("/POST/endpoints/*/predictions") == 1


@each_environment
def should_stand_behind_a_firewall(template: Template) -> None:
    (acl,) = of_type(template, "AWS::WAFv2::WebACL")
    assert acl["Properties"]["Scope"] == "REGIONAL"
    managed, rate = {}, []
    for rule in acl["Properties"]["Rules"]:
        assert rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True
        # Samples would keep parts of requests where no policy of ours reaches.
        assert rule["VisibilityConfig"]["SampledRequestsEnabled"] is False
        if "RateBasedStatement" in rule["Statement"]:
            rate.append((rule["Statement"]["RateBasedStatement"]["AggregateKeyType"], rule["Action"]))
        else:
            group = rule["Statement"]["ManagedRuleGroupStatement"]
            counted = [each["Name"] for each in group.get("RuleActionOverrides", [])]
            managed[group["VendorName"], group["Name"]] = (rule["OverrideAction"], counted)
    none: dict[str, Any] = {"None": {}}
    assert managed == {
        ("AWS", "AWSManagedRulesCommonRuleSet"): (none, ["SizeRestrictions_BODY"]),
        ("AWS", "AWSManagedRulesKnownBadInputsRuleSet"): (none, []),
        ("AWS", "AWSManagedRulesAmazonIpReputationList"): (none, []),
    }
    assert rate == [("IP", {"Block": {}})]


@each_environment
def should_attach_the_firewall_to_the_stage_that_is_called(template: Template) -> None:
    (association,) = of_type(template, "AWS::WAFv2::WebACLAssociation")
    acl, target = association["Properties"]["WebACLArn"]["Fn::GetAtt"][0], association["Properties"]["ResourceArn"]
    assert template["Resources"][acl]["Type"] == "AWS::WAFv2::WebACL"
    stages = [id for id, its in template["Resources"].items() if its["Type"] == "AWS::ApiGateway::Stage"]
    assert [part["Ref"] for part in target["Fn::Join"][1] if isinstance(part, dict)][1:] == stages


@each_environment
def should_log_the_firewall_without_the_callers_credentials(template: Template, environment: str) -> None:
    account = load_environment(environment).account
    (logging,) = of_type(template, "AWS::WAFv2::LoggingConfiguration")
    assert logging["Properties"]["RedactedFields"] == [{"SingleHeader": {"Name": "authorization"}}]
    # WAF takes no ARN that ends in `:*`, as the group's own attribute does.
    assert logging["Properties"]["LogDestinationConfigs"] == [
        f"arn:aws:logs:eu-west-1:{account}:log-group:aws-waf-logs-ashlar-{environment}"
    ]
    (waits_for,) = logging["DependsOn"]
    assert template["Resources"][waits_for]["Type"] == "AWS::Logs::LogGroup"
    # WAF writes to groups of this name only.
    assert log_groups(template)[f"aws-waf-logs-ashlar-{environment}"]["KmsKeyId"]


def should_leave_the_firewall_out_only_where_the_configuration_says_so(dev: Template) -> None:
    without = stacks_of(changed("dev", {"front_door": {"waf": False}}))["front-door"]
    left_out = {its["Type"] for its in dev["Resources"].values()} - {
        its["Type"] for its in without["Resources"].values()
    }
    assert left_out == {"AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::LoggingConfiguration"}


def should_let_callers_post_predictions_and_nothing_else(dev: Template) -> None:
    (policy,) = [
        its for id, its in dev["Resources"].items() if id.startswith("Caller") and its["Type"].endswith("ManagedPolicy")
    ]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["execute-api:Invoke"]
    (path,) = statement["Resource"]
    assert path["Fn::Join"][1][-1] == "/v1/POST/endpoints/*/predictions"
