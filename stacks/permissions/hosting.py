"""What a hosted model may do while it starts: fetch its image and its artifact. Isolated code gets no credentials."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.jobs import read, running, use_keys
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account
from stacks.values.image_repository import ImageRepository
from stacks.values.store import Store


def log_group_name(endpoint: str) -> str:
    """SageMaker's name for the log group of an endpoint."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def hosting(
    account: Account,
    *,
    endpoint: str,
    variant: str,
    models: Sequence[str],
    artifacts: Store,
    images: Sequence[ImageRepository],
) -> list[Statement]:
    """One variant. Without a package of its own it serves another's, so it may read all of the endpoint's `models`."""
    group = log_group_name(endpoint)
    streams = account.arn("logs", f"log-group:{group}:log-stream:{variant}/*")
    # The agent asks for the group as well, although it exists, and may stop logging when refused (developer guide).
    find = ["logs:CreateLogGroup", "logs:DescribeLogStreams"]
    return [
        *running(account, images),
        Statement("FindLogs", find, account.log_group(group), because=Because.VERSIONS),
        Statement("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams], because=Because.VERSIONS),
        *(statement for model in models for statement in read(account, artifacts, f"models/{model}/")),
        *use_keys(artifacts),
    ]
