"""Cognito's user pools. Source: Security Hub, Cognito controls."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate
from review.controls.findings import Finding, expect, expect_that
from review.controls.properties import demand
from review.controls.registry import control

POOL = "Cognito::UserPool"
LOWEST_LENGTH = 8

demand("Cognito.1", POOL, "UserPoolAddOns.AdvancedSecurityMode", "ENFORCED")
demand("Cognito.4", POOL, "UserPoolAddOns.AdvancedSecurityAdditionalFlows.CustomAuthMode", "ENFORCED")
demand("Cognito.5", POOL, "MfaConfiguration", "ON")
demand("Cognito.6", POOL, "DeletionProtection", "ACTIVE")


@control("Cognito.3")
def passwords_are_strong(estate: Estate) -> Iterator[Finding]:
    for pool in estate.of(POOL):
        path = "Policies.PasswordPolicy"
        yield expect_that(pool, f"{path}.MinimumLength", LOWEST_LENGTH.__le__, f"{LOWEST_LENGTH} or more")
        for what in ("Lowercase", "Uppercase", "Numbers", "Symbols"):
            yield expect(pool, f"{path}.Require{what}", True)
