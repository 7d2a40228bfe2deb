"""Which rule ids exist: an acknowledgement of another one is misspelt."""

from __future__ import annotations

import re
import tarfile
from functools import cache
from importlib import resources

from review.packs import PACKS, validator

# pack -> its file in cdk-nag's package; the packs themselves do not tell their rules
FILES = {
    "AwsSolutions": "aws-solutions",
    "HIPAA.Security": "hipaa-security",
    "NIST.800.53.R4": "nist-800-53-r4",
    "NIST.800.53.R5": "nist-800-53-r5",
    "PCI.DSS.321": "pci-dss-321",
    "Serverless": "serverless",
}
# checkov's, cfn-lint's, bandit's, and detect-secrets' kinds
OTHERS = re.compile(r"CKV2?_[A-Z]+_\d+|[EWI]\d{4}|B\d{3}|[A-Z][\w -]+ (Key|Keyword|Token|String|Credentials)|secret")
APPLIED = re.compile(r"applyRule\(\{(?P<body>.*?)node: node", re.DOTALL)
SUFFIX = re.compile(r"ruleSuffixOverride: '(?P<id>[^']+)'")
FUNCTION = re.compile(r"rule: [\w.]+\.(?P<id>\w+)")


def is_known(rule: str) -> bool:
    """Whether a scanner has the rule. What stands in brackets is the finding's, not the rule's."""
    return rule.split("[")[0] in _inside_synth() or bool(OTHERS.fullmatch(rule))


@cache
def _inside_synth() -> frozenset[str]:
    return frozenset(rule for pack in PACKS for rule in pack_rules(pack)) | frozenset(validator().rule_ids or [])


@cache
def pack_rules(pack: str) -> frozenset[str]:
    """All rule ids of a cdk-nag pack, from its source."""
    directory = resources.files("cdk_nag") / "_jsii"
    archive = next(file for file in directory.iterdir() if file.name.endswith(".jsii.tgz"))
    with archive.open("rb") as stream, tarfile.open(fileobj=stream) as files:
        member = files.extractfile(f"package/lib/packs/{FILES[pack]}.js")
        text = member.read().decode() if member else ""
    bodies = [match["body"] for match in APPLIED.finditer(text)]
    return frozenset(f"{pack}-{m['id']}" for body in bodies if (m := SUFFIX.search(body) or FUNCTION.search(body)))
