"""The environment of every client of the local cloud: it can reach the local cloud and no AWS account.

Whatever the caller has configured for AWS (variables, profiles, instance metadata, the CDK CLI's account cache under
HOME) is out of reach, so a command started here cannot deploy into a real account by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ACCOUNT = "123456789012"
PROFILE = "local"
# Any AWS client that is given this configuration file and profile reaches the local cloud and nothing else.
CONFIG_FILE = "aws/config"

_DROPPED_PREFIXES = ("AWS_", "CDK_", "AMAZON_")
_DROPPED_SUFFIXES = ("_proxy", "_PROXY")


def client_environment(state: Path, url: str, region: str, caller: Mapping[str, str]) -> dict[str, str]:
    """`caller`'s environment without its AWS configuration, pointed at the local cloud at `url`."""
    home = state / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value
        for name, value in caller.items()
        if not name.startswith(_DROPPED_PREFIXES) and not name.endswith(_DROPPED_SUFFIXES)
    }
    # jsii unpacks the construct library once per machine, not once per local cloud: 3x faster synthesis.
    jsii_cache = Path(caller.get("HOME", "/")) / ".cache/aws/jsii/package-cache"
    authority = str(state / "tls/ca.pem")
    return {
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(jsii_cache),
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": url,
        "AWS_PROFILE": PROFILE,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": str(state / CONFIG_FILE),
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        **dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), authority),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CI": "1",
    }


def write_profile(state: Path, url: str, region: str) -> None:
    """The AWS profile of the local cloud: endpoint, certificate authority, and the account's root as credentials.

    `ashlar_api_url` is where a REST API's stage answers here, `ashlar_token_url` where every user pool gives tokens; in
    AWS those are host names of their own.
    """
    file = state / CONFIG_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"[profile {PROFILE}]\n"
        f"region = {region}\n"
        f"endpoint_url = {url}\n"
        f"ca_bundle = {state / 'tls/ca.pem'}\n"
        f"aws_access_key_id = {ACCOUNT}\n"
        "aws_secret_access_key = local\n"
        f"ashlar_api_url = {url}/_aws/execute-api/{{api_id}}/{{stage}}\n"
        f"ashlar_token_url = {url}/oauth2/token\n"
    )
