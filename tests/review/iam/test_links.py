"""What the front door's role is worth in the data bucket: its links from anywhere, for a short while, and no more."""

from __future__ import annotations

import pytest

from review.iam import Deployed, evaluate
from tests.review.iam.perimeter import Production
from tests.stacks.doors import platform_of, stacks_behind

LATER = "async/ashlar-dev-later"
LINK, HEADER = "s3:authType=REST-QUERY-STRING", "s3:authType=REST-HEADER"
YOUNG, OLD = "s3:signatureAge=899000", "s3:signatureAge=901000"
RECORD, REQUEST, ANSWER = "jobs/shop/1", f"{LATER}/input/shop/1", f"{LATER}/output/1.out"
# What is done to what, through what, how it is signed -> whether it is allowed
CASES = {
    "a link to an answer": ("GetObject", ANSWER, "internet", f"{LINK} {YOUNG}", True),
    "a link to upload": ("PutObject", REQUEST, "internet", f"{LINK} {YOUNG}", True),
    "an old link": ("GetObject", ANSWER, "internet", f"{LINK} {OLD}", False),
    "an old link inside": ("GetObject", ANSWER, "endpoint", f"{LINK} {OLD}", False),
    "stolen credentials": ("GetObject", ANSWER, "internet", f"{HEADER} {YOUNG}", False),
    "stolen credentials, through the thief's endpoint": ("GetObject", ANSWER, "vpce-attacker", HEADER, False),
    "a link to a record": ("GetObject", RECORD, "internet", f"{LINK} {YOUNG}", False),
    "the function reads a record": ("GetObject", RECORD, "endpoint", HEADER, True),
    "the function leaves a request": ("PutObject", REQUEST, "endpoint", HEADER, True),
    "the function makes an answer up": ("PutObject", ANSWER, "endpoint", HEADER, False),
    "the function reads what was captured": ("GetObject", "capture/ashlar-dev-reviews/x", "endpoint", HEADER, False),
    "the function reads data": ("GetObject", "processed/reviews/1/train", "endpoint", HEADER, False),
    "the function deletes": ("DeleteObject", REQUEST, "endpoint", HEADER, False),
}


@pytest.fixture(scope="module")
def deployed() -> Production:
    platform = platform_of("iam")
    stacks = {**stacks_behind("iam"), **stacks_behind("iam", bootstrap=True)}
    templates = {platform.name(name): template for name, template in stacks.items()}
    return Production(Deployed(templates, account=platform.account, region=platform.region), platform)


@pytest.mark.parametrize("case", CASES)
def should_let_only_young_links_work_from_anywhere(deployed: Production, case: str) -> None:
    action, key, through, says, allowed = CASES[case]
    caller = deployed.caller("front-door")
    row = {"action": f"s3:{action}", "bucket": "Data", "key": key, "through": through, "says": says}
    request = deployed.request(caller, row)
    decision = evaluate(request, deployed.policies(caller, request))
    assert decision.allowed is allowed, decision.reason
