"""What a hosted model may do: fetch its images and archives; where it is asked for, keep requests and their answers.

Isolated code gets no credentials: it is SageMaker that uses the role.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.audit import PLAIN_HTTP
from stacks.permissions.jobs import owned_by, read, running, use_keys, write
from stacks.permissions.resource_statement import ResourceStatement
from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account
from stacks.values.container_source import ContainerSource
from stacks.values.image_repository import ImageRepository
from stacks.values.store import Store

CAPTURE = "capture"
ASYNC = "async/"
# The kind of role of those who call asynchronous endpoints.
REQUESTER = "requester"


def log_group_name(endpoint: str) -> str:
    """SageMaker's name for the log group of an endpoint."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def hosting_kind(mode: str) -> str:
    """The kind of role of a mode's models: SageMaker uses each from elsewhere (stacks/data.py)."""
    return "hosting" if mode == "real_time" else mode


def async_prefix(endpoint: str) -> str:
    """Where an asynchronous endpoint's requests and answers lie in the data bucket."""
    return f"{ASYNC}{endpoint}/"


def hosting(
    account: Account,
    *,
    endpoint: str,
    variant: str,
    sources: Sequence[ContainerSource],
    artifacts: Store,
    images: Sequence[ImageRepository],
    configuration_id: str | None,
) -> list[Statement]:
    """One variant. `sources`: every container that it may serve, its own and others'; `images`: those of packages.

    `configuration_id` begins the names of the alarms that SageMaker watches in a roll-out, as the model's role
    (developer guide: deployment guardrails, auto-rollback configuration); None where it watches none.
    """
    alarms = [account.arn("cloudwatch", f"alarm:{configuration_id}-*")]
    watch = Statement("Alarms", ["cloudwatch:DescribeAlarms"], alarms, because=Because.GENERATED_NAMES)
    group = log_group_name(endpoint)
    streams = account.arn("logs", f"log-group:{group}:log-stream:{variant}/*")
    # The agent asks for the group as well, although it exists, and may stop logging when refused (developer guide).
    find = ["logs:CreateLogGroup", "logs:DescribeLogStreams"]
    models = sorted({source.model for source in sources if source.model})
    keys = sorted({source.artifact for source in sources if source.artifact})
    own = [source.image for source in sources if source.image]
    return [
        *running(account, [*(images if models else []), *own]),
        Statement("FindLogs", find, account.log_group(group), because=Because.VERSIONS),
        Statement("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams], because=Because.VERSIONS),
        *(statement for model in models for statement in read(account, artifacts, f"models/{model}/")),
        *_archives(account, artifacts, keys),
        *([watch] if configuration_id else []),
        *use_keys(artifacts),
    ]


def captures(account: Account, endpoint: str, data: Store) -> list[Statement]:
    """SageMaker writes what it keeps of requests and answers, and nobody overwrites another endpoint's."""
    return [*write(account, data, f"{CAPTURE}/{endpoint}/"), *_encrypt(data.key, "CaptureKey")]


def answers_later(
    account: Account, endpoint: str, data: Store, topics: Sequence[str], topics_key: str
) -> list[Statement]:
    """Asynchronous: reads requests, writes answers and failures, says so on the endpoint's own `topics`."""
    place = async_prefix(endpoint)
    return [
        *read(account, data, f"{place}input/"),
        *write(account, data, f"{place}output/"),
        *write(account, data, f"{place}failure/"),
        *_encrypt(data.key, "RequestsKey"),
        *([Statement("Tell", ["sns:Publish"], topics), *_encrypt(topics_key, "TopicsKey")] if topics else []),
    ]


def requester(account: Account, endpoint: str, data: Store) -> list[Statement]:
    """Applications that call an asynchronous endpoint: leave requests, and read answers and failures when they come."""
    place = f"{data.arn}/{async_prefix(endpoint)}"
    own, answers = owned_by(account), ("output", "failure")
    looks: Conditions = {**own, "StringLike": {"s3:prefix": [f"{async_prefix(endpoint)}{each}/*" for each in answers]}}
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{account.region}.amazonaws.com"}}
    write, read = [f"{place}input/*"], [f"{place}{each}/*" for each in answers]
    return [
        Statement("Ask", ["sagemaker:InvokeEndpointAsync"], [account.arn("sagemaker", f"endpoint/{endpoint}")]),
        Statement("Requests", ["s3:PutObject"], write, own, because=Because.OBJECT_KEYS),
        Statement("Answers", ["s3:GetObject"], read, own, because=Because.OBJECT_KEYS),
        # Whether an answer has come, by its key: reading one that has not is forbidden, as to any stranger.
        Statement("Come", ["s3:ListBucket"], [data.arn], looks),
        Statement("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [data.key], through_s3),
    ]


def topic_policy(account: Account) -> list[ResourceStatement]:
    """The account's own roles publish, as their policies allow; nobody else, and nobody without TLS."""
    foreign = {"StringNotEquals": {"aws:PrincipalAccount": account.id}}
    return [
        ResourceStatement("OwnAccountOnly", "*", ["sns:Publish", "sns:Subscribe"], foreign, "Deny"),
        ResourceStatement("TlsOnly", "*", ["sns:Publish"], PLAIN_HTTP, "Deny"),
    ]


def _archives(account: Account, artifacts: Store, keys: Sequence[str]) -> list[Statement]:
    """Archives of own images, each by its key."""
    if not keys:
        return []
    own = owned_by(account)
    listed = {**own, "StringEquals": {**own["StringEquals"], "s3:prefix": list(keys)}}
    return [
        Statement("ReadArchives", ["s3:GetObject"], [f"{artifacts.arn}/{key}" for key in keys], own),
        Statement("ListArchives", ["s3:ListBucket"], [artifacts.arn], listed),
    ]


def _encrypt(key: str, sid: str) -> list[Statement]:
    return [Statement(sid, ["kms:Decrypt", "kms:GenerateDataKey"], [key])]
