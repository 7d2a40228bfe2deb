"""Every option of the front door: what its template has, and what its callers and its function may do."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from app import compose, compose_bootstrap, new_app
from stacks.constructs import api_routes, private_function
from stacks.constructs.client_pool import token_url
from stacks.constructs.prediction_api import TLS_POLICY
from tests.config.cases.network import ENDPOINTS, existing
from tests.stacks.doors import CERTIFICATE, DOORS, platform_of, stacks_behind
from tests.stacks.resources import Template, as_list, of_type, resolved, statements, statements_of, text
from tests.stacks.test_snapshots import masked
from tests.stacks.variant import changed, stacks_of

ROLE = "arn:aws:iam::111122223333:role/ashlar/dev/front-door/*"


def door(name: str) -> Template:
    return stacks_behind(name)["front-door"]


def every(template: Template, type: str) -> dict[str, dict[str, Any]]:
    """Logical id -> properties."""
    found = {id: its["Properties"] for id, its in template["Resources"].items() if its["Type"] == type}
    assert found, f"the template has no {type}"
    return found


def one(template: Template, type: str) -> dict[str, Any]:
    (properties,) = every(template, type).values()
    return properties


def methods(name: str) -> list[dict[str, Any]]:
    return [its["Properties"] for its in of_type(door(name), "AWS::ApiGateway::Method")]


def called(template: Template, role: str) -> list[str]:
    """What an IAM client may call: `POST/endpoints/…`."""
    paths = [resolved(path) for s in statements_of(template, role) for path in as_list(s["Resource"])]
    return sorted(path.split("/v1/")[1] for path in paths)


@pytest.mark.parametrize("name", DOORS)
def should_match_the_accepted_template(name: str, snapshot: SnapshotAssertion) -> None:
    assert masked(door(name)) == snapshot(extension_class=JSONSnapshotExtension)


@pytest.mark.parametrize("name", ["everything", "private", "api_key"])
def should_pass_the_template_validator(name: str) -> None:
    folder = Path(tempfile.mkdtemp())
    app = new_app(outdir=str(folder), builtin_cloud_formation_validation=True)
    compose(app, platform_of(name))
    compose_bootstrap(app, platform_of(name))
    app.synth()
    report = json.loads((folder / "validation-report.json").read_text())
    violations = [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]
    # W3010: zones are written in the configuration, because synth looks nothing up.
    assert {violation["ruleName"] for violation in violations} == {"W3010"}


def should_give_each_client_a_role_for_exactly_its_endpoints() -> None:
    about = ["GET/endpoints", "GET/health", "GET/jobs/*", "GET/openapi.json"]
    routes = ("jobs", "predictions", "uploads")
    assert called(door("iam"), "CallerShop") == [*about, *(f"POST/endpoints/reviews/{route}" for route in routes)]
    assert called(door("iam"), "CallerDesk") == [*about, *(f"POST/endpoints/*/{route}" for route in routes)]
    outputs = door("iam")["Outputs"]
    assert outputs["CallerRole"]["Value"] == outputs["CallerRoleShop"]["Value"]
    assert outputs["CallerRoleDesk"]["Value"] == {"Fn::GetAtt": ["CallerDesk", "Arn"]}
    names = {its["RoleName"] for its in every(door("iam"), "AWS::IAM::Role").values() if "RoleName" in its}
    assert names == {"ashlar-dev-caller-shop", "ashlar-dev-caller-desk"}


@pytest.mark.parametrize("name", ["cognito", "cognito_with_keys", "private_cognito"])
def should_let_tokens_with_a_scope_of_the_platform_through(name: str) -> None:
    scopes = ["ashlar-dev/later.predict", "ashlar-dev/reviews.predict"]
    (authorizer,) = every(door(name), "AWS::ApiGateway::Authorizer")
    for method in methods(name):
        assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
        assert method["AuthorizerId"] == {"Ref": authorizer}
        # Without one API Gateway takes identity tokens, which applications have none of.
        assert method["AuthorizationScopes"] == scopes
        assert method["ApiKeyRequired"] is (name == "cognito_with_keys")
    assert "CallerRole" not in door(name)["Outputs"]


def should_give_each_application_a_secret_and_its_scopes() -> None:
    template = door("cognito")
    server = one(template, "AWS::Cognito::UserPoolResourceServer")
    assert server["Identifier"] == "ashlar-dev"
    assert [each["ScopeName"] for each in server["Scopes"]] == ["later.predict", "reviews.predict", "choose-variant"]
    clients = {its["ClientName"]: its for its in every(template, "AWS::Cognito::UserPoolClient").values()}
    for its in clients.values():
        assert its["GenerateSecret"] is True
        assert its["AllowedOAuthFlows"] == ["client_credentials"]
        assert its["EnableTokenRevocation"] is True
        assert its["PreventUserExistenceErrors"] == "ENABLED"
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        assert (its["AccessTokenValidity"], its["TokenValidityUnits"]) == (15, {"AccessToken": "minutes"})
    assert clients["shop"]["AllowedOAuthScopes"] == ["ashlar-dev/reviews.predict", "ashlar-dev/choose-variant"]
    assert clients["desk"]["AllowedOAuthScopes"] == ["ashlar-dev/later.predict", "ashlar-dev/reviews.predict"]
    outputs = template["Outputs"]
    assert {"UserPoolId", "TokenUrl", "ClientIdShop", "ClientIdDesk"} <= outputs.keys()
    assert outputs["TokenUrl"]["Value"] == (
        "https://ashlar-dev-111122223333.auth.eu-west-1.amazoncognito.com/oauth2/token"
    )


def should_name_the_fips_endpoint_of_govcloud_for_tokens() -> None:
    assert token_url("ours", "us-gov-west-1") == ("https://ours.auth-fips.us-gov-west-1.amazoncognito.com/oauth2/token")


def should_let_nobody_sign_up_or_guess_at_the_user_pool() -> None:
    pool = one(door("cognito"), "AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"
    password = pool["Policies"]["PasswordPolicy"]
    assert password["MinimumLength"] == 16
    assert all(password[f"Require{what}"] for what in ("Lowercase", "Uppercase", "Numbers", "Symbols"))


@pytest.mark.parametrize(("environment", "kept"), [("dev", False), ("prod", True)])
def should_keep_the_user_pool_where_data_is_kept(environment: str, kept: bool) -> None:
    template = stacks_of(changed(environment, {"front_door": {"auth": "cognito"}}))["front-door"]
    (pool,) = of_type(template, "AWS::Cognito::UserPool")
    assert pool["Properties"]["DeletionProtection"] == ("ACTIVE" if kept else "INACTIVE")
    assert pool["DeletionPolicy"] == pool["UpdateReplacePolicy"] == ("Retain" if kept else "Delete")


def should_ask_for_a_key_with_every_request() -> None:
    for method in methods("api_key"):
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", True)
    (function,) = every(door("api_key"), "AWS::Lambda::Function").values()
    keys = every(door("api_key"), "AWS::ApiGateway::ApiKey")
    assert {its["Name"]: its["Enabled"] for its in keys.values()} == {"ashlar-dev-shop": True, "ashlar-dev-desk": True}
    told = function["Environment"]["Variables"]["API_KEYS"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else part["Ref"] for part in told)
    assert json.loads(text) == {id: its["Name"].removeprefix("ashlar-dev-") for id, its in keys.items()}


@pytest.mark.parametrize("name", ["api_key", "cognito_with_keys"])
def should_hold_each_client_to_its_own_limits(name: str) -> None:
    template = door(name)
    plans = {its["UsagePlanName"]: (id, its) for id, its in every(template, "AWS::ApiGateway::UsagePlan").items()}
    shop, desk = plans["ashlar-dev-shop"], plans["ashlar-dev-desk"]
    assert shop[1]["Throttle"] == {"RateLimit": 5, "BurstLimit": 10}
    assert shop[1]["Quota"] == {"Limit": 1000, "Period": "DAY"}
    assert not {"Throttle", "Quota"} & desk[1].keys()
    stages = every(template, "AWS::ApiGateway::Stage")
    for _, its in plans.values():
        assert [each["Stage"]["Ref"] in stages for each in its["ApiStages"]] == [True]
    keys = every(template, "AWS::ApiGateway::ApiKey")
    for its in every(template, "AWS::ApiGateway::UsagePlanKey").values():
        plan = next(name for name, (id, _) in plans.items() if id == its["UsagePlanId"]["Ref"])
        assert keys[its["KeyId"]["Ref"]]["Name"] == plan


def should_compare_keys_with_who_signs() -> None:
    template = stacks_of(changed("dev", {"front_door": {"client_keys": True}}))["front-door"]
    (function,) = every(template, "AWS::Lambda::Function").values()
    assert text(function["Environment"]["Variables"]["API_KEYS"]).count("applications") == 1


@pytest.mark.parametrize("name", sorted(set(DOORS) - {"api_key"}))
def should_know_callers_by_a_key_only_where_nothing_else_tells_them(name: str) -> None:
    for function in every(door(name), "AWS::Lambda::Function").values():
        assert "API_KEYS" not in function["Environment"]["Variables"]


def should_answer_through_the_vpcs_endpoint_only() -> None:
    stacks = stacks_behind("private")
    api = one(stacks["front-door"], "AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"]["Types"] == ["PRIVATE"]
    (endpoint,) = api["EndpointConfiguration"]["VpcEndpointIds"]
    denied = {s["Sid"]: s for s in api["Policy"]["Statement"]}
    assert denied.keys() == {"OwnAccountOnly", "ThroughTheEndpointOnly"}
    assert denied["ThroughTheEndpointOnly"]["Effect"] == "Deny"
    assert denied["ThroughTheEndpointOnly"]["Condition"] == {"StringNotEquals": {"aws:SourceVpce": endpoint}}
    (made,) = [e for e in every(stacks["network"], "AWS::EC2::VPCEndpoint").values() if "execute-api" in text(e)]
    assert made["PrivateDnsEnabled"] is True
    (statement,) = made["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["execute-api:Invoke"]
    assert statement["Resource"] == ["arn:aws:execute-api:eu-west-1:111122223333:*/v1/*"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}


def should_let_named_networks_connect_to_a_private_api() -> None:
    groups = every(stacks_behind("private")["network"], "AWS::EC2::SecurityGroup")
    (callers,) = [its for its in groups.values() if its["GroupDescription"] == "Callers of the private API"]
    (rule,) = callers["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == ("10.60.0.0/16", 443, 443, "tcp")
    without = every(stacks_behind("private_cognito")["network"], "AWS::EC2::SecurityGroup")
    assert len(without) == len(groups) - 1


def should_allow_by_policy_what_the_methods_admit() -> None:
    """API Gateway wants an explicit allow beside a user pool, for an API that has a policy."""
    policy = one(door("private_cognito"), "AWS::ApiGateway::RestApi")["Policy"]
    assert [(s["Sid"], s["Effect"]) for s in policy["Statement"]] == [
        ("ThroughTheEndpointOnly", "Deny"),
        ("WhoeverTheMethodsAdmit", "Allow"),
    ]
    # CloudFormation would leave the API the policy of before: that of IAM refuses whoever has no account.
    for name in ("cognito", "api_key"):
        (only,) = one(door(name), "AWS::ApiGateway::RestApi")["Policy"]["Statement"]
        assert (only["Sid"], only["Effect"], only["Principal"]) == ("WhoeverTheMethodsAdmit", "Allow", "*")


def should_use_the_endpoint_of_a_vpc_that_brings_its_endpoints() -> None:
    network = existing(**ENDPOINTS, route_table_ids=[])["network"]
    platform = changed("dev", {"front_door": {"private": {"endpoint_id": "vpce-0a1b2c3d4e5f60718"}}})
    platform = type(platform).model_validate({**platform.model_dump(by_alias=True), "network": network})
    stacks = stacks_of(platform)
    api = one(stacks["front-door"], "AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"]["VpcEndpointIds"] == ["vpce-0a1b2c3d4e5f60718"]
    assert "AWS::EC2::VPCEndpoint" not in {its["Type"] for its in stacks["network"]["Resources"].values()}


@pytest.mark.parametrize("name", ["domain", "mutual_tls"])
def should_answer_by_its_own_name_only(name: str) -> None:
    assert one(door(name), "AWS::ApiGateway::RestApi")["DisableExecuteApiEndpoint"] is True
    domain = one(door(name), "AWS::ApiGateway::DomainName")
    assert (domain["DomainName"], domain["RegionalCertificateArn"]) == ("api.example.com", CERTIFICATE)
    mapping = one(door(name), "AWS::ApiGateway::BasePathMapping")
    assert mapping["Stage"]["Ref"] in every(door(name), "AWS::ApiGateway::Stage")
    assert "BasePath" not in mapping
    assert "DomainTarget" in door(name)["Outputs"]


def should_refuse_old_tls_at_its_own_name() -> None:
    domain = one(door("domain"), "AWS::ApiGateway::DomainName")
    assert (domain["SecurityPolicy"], domain["EndpointAccessMode"]) == (TLS_POLICY, "STRICT")
    record = one(door("domain"), "AWS::Route53::RecordSet")
    assert (record["HostedZoneId"], record["Name"], record["Type"]) == ("Z0123456789", "api.example.com", "A")


def should_ask_callers_for_a_certificate() -> None:
    domain = one(door("mutual_tls"), "AWS::ApiGateway::DomainName")
    assert domain["MutualTlsAuthentication"] == {
        "TruststoreUri": "s3://example-certificates/callers.pem",
        "TruststoreVersion": "1",
    }
    assert domain["SecurityPolicy"] == "TLS_1_2"
    assert "AWS::Route53::RecordSet" not in {its["Type"] for its in door("mutual_tls")["Resources"].values()}


def should_call_a_version_that_is_always_started() -> None:
    template = door("provisioned")
    alias = one(template, "AWS::Lambda::Alias")
    (version,) = every(template, "AWS::Lambda::Version")
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 5}
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    (id,) = every(template, "AWS::Lambda::Alias")
    assert one(template, "AWS::Lambda::Permission")["FunctionName"] == {"Ref": id}
    for method in methods("provisioned"):
        assert {"Ref": id} in method["Integration"]["Uri"]["Fn::Join"][1]


def should_publish_another_version_of_another_function(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(**changes: Any) -> str:
        settings = {**DOORS["provisioned"], **changes}
        template = stacks_of(changed("dev", {"front_door": settings}))["front-door"]
        (id,) = every(template, "AWS::Lambda::Version")
        return id

    first = version()
    monkeypatch.setattr(private_function, "RUNTIME", "python3.99")
    assert version() != first
    monkeypatch.undo()
    assert version(throttle={"rate": 10, "burst": 20}) == first
    # Another package: the function is told of another client.
    assert version(clients={"shop": {}}) != first


def should_deploy_again_what_another_option_changes() -> None:
    """The stage's copy of the API would go on calling what no permission is for, or asking what nobody gives."""
    twins: list[dict[str, Any]] = [
        {"provisioned_concurrency": 5},
        {"private": True},
        {"auth": "cognito"},
        {"domain": DOORS["domain"]["domain"]},
    ]
    clients = {"auth": "cognito", "client_keys": True}
    ids = [_deployment(settings) for settings in ({}, *twins, clients)]
    assert len(set(ids)) == len(ids)
    assert _deployment({"throttle": {"rate": 10, "burst": 20}, "concurrency": 7, "clients": {"shop": {}}}) == ids[0]


def should_deploy_again_what_another_method_says(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _deployment({})
    monkeypatch.setitem(api_routes.VALIDATED, "validate_request_body", False)
    assert _deployment({}) != before


def should_deploy_again_behind_another_vpc_endpoint() -> None:
    def deployed(endpoint: str) -> str:
        network = existing(**ENDPOINTS, route_table_ids=[])["network"]
        platform = changed("dev", {"front_door": {"private": {"endpoint_id": endpoint}}})
        platform = type(platform).model_validate({**platform.model_dump(by_alias=True), "network": network})
        (id,) = every(stacks_of(platform)["front-door"], "AWS::ApiGateway::Deployment")
        return id

    assert deployed("vpce-0a1b2c3d4e5f60718") != deployed("vpce-0a1b2c3d4e5f60719")


def _deployment(settings: dict[str, Any]) -> str:
    (id,) = every(stacks_of(changed("dev", {"front_door": settings}))["front-door"], "AWS::ApiGateway::Deployment")
    return id


def should_block_bodies_above_the_limit() -> None:
    acl = one(door("small_bodies"), "AWS::WAFv2::WebACL")
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert rules["Rate"]["Statement"]["RateBasedStatement"]["Limit"] == 20000
    size = rules["BodySize"]["Statement"]["SizeConstraintStatement"]
    assert (size["ComparisonOperator"], size["Size"]) == ("GT", 40 * 1024)
    assert size["FieldToMatch"] == {"Body": {"OversizeHandling": "MATCH"}}
    assert rules["BodySize"]["Action"] == {"Block": {}}
    # What is looked at is not less than the limit.
    assert acl["AssociationConfig"] == {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_48"}}}
    assert sorted(rule["Priority"] for rule in acl["Rules"]) == list(range(1, len(rules) + 1))


def should_let_the_function_keep_jobs_where_an_endpoint_answers_later() -> None:
    template = door("iam")
    (function,) = every(template, "AWS::Lambda::Function").values()
    assert "DataBucket" in text(function["Environment"]["Variables"]["JOBS_BUCKET"])
    said = {s["Sid"]: s for s in statements_of(template, function["Role"]["Fn::GetAtt"][0])}
    place = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint"
    assert said["Ask"]["Resource"] == [f"{place}/ashlar-dev-later"]
    assert said["Invoke"]["Resource"] == [f"{place}/ashlar-dev-reviews"]
    objects = {sid: [resolved(each).split("/", 1)[1] for each in said[sid]["Resource"]] for sid in ("Leave", "Fetch")}
    later = "async/ashlar-dev-later"
    assert objects["Leave"] == [f"{later}/input/*", "jobs/*"]
    assert objects["Fetch"] == [f"{later}/input/*", f"{later}/output/*", f"{later}/failure/*", "jobs/*"]
    assert said["Come"]["Condition"]["StringLike"]["s3:prefix"] == objects["Fetch"]
    assert said["JobsKey"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def should_keep_the_function_from_buckets_where_none_answers_later() -> None:
    template = stacks_of(changed("dev", {}))["front-door"]
    assert not [s for s in statements(template) if any(action.startswith("s3:") for action in as_list(s["Action"]))]
    (function,) = every(template, "AWS::Lambda::Function").values()
    assert "JOBS_BUCKET" not in function["Environment"]["Variables"]


def should_let_only_short_links_of_the_function_out_of_the_vpc() -> None:
    policies = every(stacks_behind("iam")["data"], "AWS::S3::BucketPolicy")
    (policy,) = [its for its in policies.values() if "NoOldLink" in text(its)]
    said = {s["Sid"]: s for s in policy["PolicyDocument"]["Statement"]}
    assert ROLE in said["ThroughTheEndpointOnly"]["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    for sid in ("LinksOnly", "NoOldLink", "RecordsStayInside"):
        assert said[sid]["Effect"] == "Deny"
        assert said[sid]["Condition"]["ArnLike"] == {"aws:PrincipalArn": ROLE}
    for sid in ("LinksOnly", "RecordsStayInside"):
        services = {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}
        assert said[sid]["Condition"]["BoolIfExists"] == services
    assert said["LinksOnly"]["Condition"]["StringNotEqualsIfExists"] == {"s3:authType": "REST-QUERY-STRING"}
    assert said["NoOldLink"]["Condition"]["NumericGreaterThan"] == {"s3:signatureAge": 15 * 60 * 1000}
    assert [resolved(each).split("/", 1)[1] for each in said["RecordsStayInside"]["Resource"]] == ["jobs/*"]


def should_forget_jobs_after_a_month() -> None:
    (bucket,) = [
        its for id, its in every(stacks_behind("iam")["data"], "AWS::S3::Bucket").items() if id.startswith("DataBucket")
    ]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert expiring.items() >= {"async/": 30, "jobs/": 30}.items()


def should_stand_before_endpoints_that_all_answer_later() -> None:
    platform = changed("dev", {})
    alone = platform.model_copy(update={"endpoints": {"later": platform_of("iam").endpoints["later"]}})
    said = list(statements(stacks_of(alone)["front-door"]))
    assert not [s for s in said if "sagemaker:InvokeEndpoint" in as_list(s["Action"])]
    assert [s for s in said if "sagemaker:InvokeEndpointAsync" in as_list(s["Action"])]
