"""Lambda functions. Source: Security Hub, Lambda controls; NIST, HIPAA and Serverless packs."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate
from review.controls.findings import Finding, expect, expect_that, shown, state
from review.controls.properties import demand
from review.controls.registry import control
from review.controls.sagemaker import SECRET

FUNCTION = "Lambda::Function"
# Runtimes that AWS still supports. Lambda developer guide, "Lambda runtimes".
RUNTIMES = ("python3.12", "python3.13", "python3.14", "nodejs22.x", "nodejs24.x")

demand("Lambda.2", FUNCTION, "Runtime", *RUNTIMES)
demand("Lambda.3", FUNCTION, "VpcConfig.SubnetIds")
demand("Lambda.6", FUNCTION, "Tags")
demand("Lambda.7", FUNCTION, "TracingConfig.Mode", "Active")
demand("lambda:concurrency", FUNCTION, "ReservedConcurrentExecutions")
demand("lambda:dlq", FUNCTION, "DeadLetterConfig.TargetArn")


@control("Lambda.1")
def functions_not_public(estate: Estate) -> Iterator[Finding]:
    for permission in estate.of("Lambda::Permission"):
        principal = permission.properties["Principal"]
        narrowed = permission.properties.keys() & {"SourceArn", "SourceAccount", "PrincipalOrgID"}
        service = principal.endswith(".amazonaws.com")
        yield state(permission, principal != "*" and (bool(narrowed) or not service), f"Principal={principal}")


@control("Lambda.5")
def functions_in_two_subnets(estate: Estate) -> Iterator[Finding]:
    for function in estate.of(FUNCTION):
        yield expect_that(function, "VpcConfig.SubnetIds", lambda subnets: len(subnets) >= 2, "two subnets or more")


@control("lambda:env-cmk")
def settings_encrypted(estate: Estate) -> Iterator[Finding]:
    for function in estate.of(FUNCTION):
        if "Environment" in function.properties:
            yield expect(function, "KmsKeyArn")


@control("lambda:env-secrets")
def settings_without_secrets(estate: Estate) -> Iterator[Finding]:
    for function in estate.of(FUNCTION):
        variables = function.properties.get("Environment", {}).get("Variables", {})
        secret = [name for name, value in variables.items() if SECRET.search(f"{name}={shown(value)}")]
        yield state(function, not secret, f"{len(variables)} variables searched for secrets: {secret or 'none'}")


@control("lambda:memory-timeout")
def memory_and_timeout_given(estate: Estate) -> Iterator[Finding]:
    for function in estate.of(FUNCTION):
        yield expect(function, "MemorySize")
        yield expect(function, "Timeout")


@control("lambda:async")
def failures_go_somewhere(estate: Estate) -> Iterator[Finding]:
    for invocation in estate.of("Lambda::EventInvokeConfig", "Lambda::EventSourceMapping"):
        yield expect(invocation, "DestinationConfig.OnFailure.Destination")
