"""IAM's decision for one request, from the policies that a set of templates deploys.

`evaluate(request, policies)` decides as AWS documents it; `Deployed` gives the policies of a role, bucket, key or
endpoint of the synthesized templates. No account is asked.
"""

from review.iam.deployed import Deployed
from review.iam.errors import PolicyError, TemplateError
from review.iam.evaluation import Decision, Policies, evaluate, explicitly_denied
from review.iam.policy import Kind, Policy
from review.iam.request import Principal, Request

__all__ = [
    "Decision",
    "Deployed",
    "Kind",
    "Policies",
    "Policy",
    "PolicyError",
    "Principal",
    "Request",
    "TemplateError",
    "evaluate",
    "explicitly_denied",
]
