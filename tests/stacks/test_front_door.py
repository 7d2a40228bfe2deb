"""The way in: who is asked for, what is refused before the function runs, and what is written down of it."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from config import environment_names, load_environment
from stacks.api_definition import PROBLEMS, ROUTES
from stacks.constructs import prediction_api
from stacks.constructs.gateway_problems import RESPONSES
from tests.stacks.resources import Template, of_type, statements_of, text
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


def routes(template: Template) -> dict[str, dict[str, dict[str, Any]]]:
    """Path -> HTTP method -> properties."""
    resources = template["Resources"]

    def path(reference: dict[str, Any]) -> str:
        if "Ref" not in reference:
            return ""
        its = resources[reference["Ref"]]["Properties"]
        return f"{path(its['ParentId'])}/{its['PathPart']}"

    found: dict[str, dict[str, dict[str, Any]]] = {}
    for method in of_type(template, "AWS::ApiGateway::Method"):
        its = method["Properties"]
        found.setdefault(path(its["ResourceId"]), {})[its["HttpMethod"]] = its
    return found


def gateway_responses(template: Template) -> list[dict[str, Any]]:
    return of_type(template, "AWS::ApiGateway::GatewayResponse")


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


@each_environment
def should_have_a_method_for_each_route_and_no_other(template: Template) -> None:
    assert {(method, path) for path, methods in routes(template).items() for method in methods} == {
        *((route.method, route.path) for route in ROUTES),
        ("ANY", "/{proxy+}"),
    }
    for path, methods in routes(template).items():
        parameters = {f"method.request.path.{name}": True for name in re.findall(r"{(\w+)}", path)}
        for its in methods.values():
            assert its.get("RequestParameters", {}) == parameters
            assert its["Integration"]["Type"] == "AWS_PROXY"
            assert "Predictions" in text(its["Integration"]["Uri"])


@each_environment
def should_pass_bytes_on_and_refuse_old_tls(template: Template) -> None:
    (api,) = of_type(template, "AWS::ApiGateway::RestApi")
    assert api["Properties"]["BinaryMediaTypes"] == ["*/*"]
    assert api["Properties"]["SecurityPolicy"].startswith("SecurityPolicy_TLS13_1_2_")
    assert api["Properties"]["EndpointAccessMode"] == "STRICT"
    assert api["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


@each_environment
def should_admit_nobody_of_another_account(template: Template, environment: str) -> None:
    (api,) = of_type(template, "AWS::ApiGateway::RestApi")
    (statement,) = api["Properties"]["Policy"]["Statement"]
    foreign = {"StringNotEquals": {"aws:PrincipalAccount": load_environment(environment).account}}
    assert (statement["Effect"], statement["Condition"]) == ("Deny", foreign)


@each_environment
def should_answer_every_refusal_of_the_gateways_with_a_problem(template: Template) -> None:
    responses = {its["Properties"]["ResponseType"]: its["Properties"] for its in gateway_responses(template)}
    model = botocore.session.get_session().get_service_model("apigateway")
    assert sorted(responses) == sorted(model.shape_for("GatewayResponseType").enum)
    for its in responses.values():
        assert its["ResponseTemplates"].keys() == {"application/json"}
        problem = json.loads(its["ResponseTemplates"]["application/json"])
        kind = PROBLEMS[problem["type"].removeprefix("urn:problem-type:ashlar:")]
        assert (problem["status"], problem["title"]) == (kind.status, kind.title)
        assert its["StatusCode"] == str(kind.status)
        assert problem["request_id"] == "$context.requestId"
        # What API Gateway says of an error names users and resources.
        assert "$context.error" not in text(its) and "arn:" not in text(its)
        headers = {
            name.removeprefix("gatewayresponse.header."): value for name, value in its["ResponseParameters"].items()
        }
        retry = {"Retry-After": f"'{kind.retry_after}'"} if kind.retry_after else {}
        assert headers == {
            "Content-Type": "'application/problem+json'",
            "X-Request-Id": "context.requestId",
            **retry,
        }
    assert responses["THROTTLED"]["StatusCode"] == responses["QUOTA_EXCEEDED"]["StatusCode"] == "429"


@each_environment
def should_deploy_the_api_again_when_it_changes(template: Template) -> None:
    """A deployment copies methods and responses: it waits for them, and for the permission to call what they name."""
    ((id, deployment),) = [
        (id, its) for id, its in template["Resources"].items() if its["Type"] == "AWS::ApiGateway::Deployment"
    ]
    copied = {
        id
        for id, its in template["Resources"].items()
        if its["Type"] in ("AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse", "AWS::Lambda::Permission")
    }
    assert set(deployment["DependsOn"]) == copied
    assert stage(template)["DeploymentId"] == {"Ref": id}
    assert re.fullmatch(r"PredictDeployment[0-9a-f]{32}[0-9A-F]{8}", id)


def should_name_the_deployment_after_what_it_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"access": {"auth": "iam"}, "function": {"Ref": "Function"}, "policy": None}
    before = prediction_api._digest(settings)
    assert before == prediction_api._digest(dict(reversed(settings.items())))
    assert before != prediction_api._digest({**settings, "function": {"Ref": "Alias"}})
    monkeypatch.setitem(RESPONSES, "THROTTLED", ("throttled", "Later."))
    assert before != prediction_api._digest(settings)


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
    logged = json.loads(access["Format"])
    assert {"requestId", "sourceIp", "caller", "httpMethod", "resourcePath", "status", "apiKeyId"} <= logged.keys()
    assert all(value.startswith("$context.") for value in logged.values())
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
    (permission,) = of_type(template, "AWS::Lambda::Permission")
    (api,) = [id for id, its in template["Resources"].items() if its["Type"] == "AWS::ApiGateway::RestApi"]
    assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
    source = permission["Properties"]["SourceArn"]["Fn::Join"][1]
    assert (source[-2], source[-1]) == ({"Ref": api}, "/v1/*")


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
def should_let_one_address_use_all_that_the_throttle_admits(template: Template, environment: str) -> None:
    (acl,) = of_type(template, "AWS::WAFv2::WebACL")
    (rule,) = [r for r in acl["Properties"]["Rules"] if "RateBasedStatement" in r["Statement"]]
    limit = rule["Statement"]["RateBasedStatement"]["Limit"]
    assert limit == 300 * load_environment(environment).front_door.throttle.rate


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
    redacted = [each["SingleHeader"]["Name"] for each in logging["Properties"]["RedactedFields"]]
    assert redacted == ["authorization", "x-amz-security-token", "x-api-key"]
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


def should_let_callers_call_what_they_were_granted_and_nothing_else(dev: Template) -> None:
    said = statements_of(dev, "CallerApplications")
    assert {action for statement in said for action in statement["Action"]} == {"execute-api:Invoke"}
    paths = [path["Fn::Join"][1][-1] for statement in said for path in statement["Resource"]]
    assert sorted(paths) == [
        *(f"/v1/GET/{path}" for path in ("endpoints", "health", "jobs/*", "openapi.json")),
        *(f"/v1/POST/endpoints/*/{route}" for route in ("jobs", "predictions", "uploads")),
    ]


@each_environment
def should_let_the_function_call_its_own_endpoints_only(template: Template, environment: str) -> None:
    platform = load_environment(environment)
    (function,) = of_type(template, "AWS::Lambda::Function")
    said = {s["Sid"]: s for s in statements_of(template, function["Properties"]["Role"]["Fn::GetAtt"][0])}
    at_once = [platform.name(name) for name, its in platform.endpoints.items() if its.mode != "asynchronous"]
    place = f"arn:aws:sagemaker:{platform.region}:{platform.account}:endpoint"
    assert said["Invoke"]["Resource"] == [f"{place}/{name}" for name in sorted(at_once)]
    assert said["See"]["Resource"] == [f"{place}/{platform.name(name)}" for name in sorted(platform.endpoints)]


@each_environment
def should_tell_the_function_its_endpoints_callers_and_document(
    assembly: Callable[..., Any], templates: Callable[[str], dict[str, Template]], environment: str
) -> None:
    platform = load_environment(environment)
    (function,) = of_type(templates(environment)["front-door"], "AWS::Lambda::Function")
    package = Path(assembly(environment).directory) / f"asset.{function['Properties']['Code']['S3Key']}"
    with zipfile.ZipFile(package) as archive:
        told = json.loads(archive.read("front_door/declared.json"))
        document = json.loads(archive.read("front_door/openapi.json"))
    assert told["auth"] == platform.front_door.auth
    assert told["verbose_errors"] is (environment in ("local", "dev"))
    assert {name: its["name"] for name, its in told["endpoints"].items()} == {
        name: platform.name(name) for name in platform.endpoints
    }
    assert told["clients"] == {"applications": {"endpoints": sorted(platform.endpoints), "choose_variant": False}}
    assert told["callers"] == {f"ashlar-{environment}-caller-applications": "applications"}
    assert document["openapi"].startswith("3.1.")


def should_name_the_roles_that_the_function_knows(dev: Template) -> None:
    assert dev["Resources"]["CallerApplications"]["Properties"]["RoleName"] == "ashlar-dev-caller-applications"
    for output in ("CallerRole", "CallerRoleApplications"):
        assert dev["Outputs"][output]["Value"] == {"Fn::GetAtt": ["CallerApplications", "Arn"]}
