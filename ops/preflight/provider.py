"""The identity provider that an organisation brings for continuous integration."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, good


def checks(platform: Platform) -> Iterator[Check]:
    """The one that the configuration names; none where the platform makes it."""
    ci = platform.identity.ci
    if ci and ci.provider_arn:
        ask = partial(_provider, arn=ci.provider_arn, host=ci.provider, audience=ci.audience)
        path, needed = "identity.ci.provider_arn", f"{ci.provider} for {ci.audience}"
        yield Check("identity provider", needed, path, ci.provider_arn, "PROVIDER-EXISTS", ask)


def _provider(cloud: Cloud, arn: str, host: str, audience: str) -> Answer:
    found = cloud.find("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    if not found:
        return bad("absent", "the account has no such provider.", "correct the ARN, or remove it to have one made.")
    if found["Url"].removeprefix("https://") != host:
        return bad(found["Url"], f"it is not the provider {host}.", "correct `provider` or `provider_arn`.")
    if audience not in found["ClientIDList"]:
        return bad(
            ", ".join(found["ClientIDList"]), "it does not know the audience.", f"add {audience} to the provider."
        )
    return good("exists")
