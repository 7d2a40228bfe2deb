"""The function that a pipeline asks: it looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.jobs import owned_by
from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account
from stacks.values.store import Store


def start(account: Account, *, pipeline: str, model: str, raw: Store) -> list[Statement]:
    """Whether another execution runs, and which batch is the newest: names of objects, not what is in them."""
    markers: Conditions = {**owned_by(account), "StringLike": {"s3:prefix": f"raw/{model}/*"}}
    executions = [account.arn("sagemaker", f"pipeline/{pipeline}")]
    return [
        Statement("Executions", ["sagemaker:ListPipelineExecutions"], executions),
        Statement("Batches", ["s3:ListBucket"], [raw.arn], markers),
    ]


def champion(account: Account, *, endpoints: Sequence[str], groups: Sequence[str]) -> list[Statement]:
    """What `endpoints` run: from the endpoint to its models, and to the versions of `groups` that they are made of."""
    live = [account.arn("sagemaker", f"endpoint/{name}") for name in endpoints]
    # CloudFormation makes names of logical ids, which begin with the endpoint's name without hyphens.
    plain = [name.replace("-", "") for name in endpoints]
    configurations = [account.arn("sagemaker", f"endpoint-config/{name}config-*") for name in plain]
    models = [account.arn("sagemaker", f"model/{name}*") for name in plain]
    packages = [account.arn("sagemaker", f"model-package/{group}/*") for group in groups]
    names = Because.GENERATED_NAMES
    return [
        Statement("Endpoints", ["sagemaker:DescribeEndpoint"], live),
        Statement("Configurations", ["sagemaker:DescribeEndpointConfig"], configurations, because=names),
        Statement("Models", ["sagemaker:DescribeModel"], models, because=names),
        Statement("Packages", ["sagemaker:DescribeModelPackage"], packages, because=Because.VERSIONS),
    ]
