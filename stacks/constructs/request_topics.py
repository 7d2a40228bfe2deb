"""Who is told of asynchronous requests: one topic for answers, one for errors."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sns as sns

from config.schema import Endpoint
from stacks.permissions.hosting import topic_policy
from stacks.permissions.resource_statement import resource_policy
from stacks.values.account import Account


class RequestTopics:
    """Encrypted with `key`. `arns`: of successes, then of errors; both are outputs, for those who subscribe.

    None unless the endpoint is asynchronous and asks for them.
    """

    def __init__(self, stack: cdk.Stack, *, account: Account, key: str, settings: Endpoint) -> None:
        ids = ("Successes", "Errors") if settings.asynchronous and settings.asynchronous.notify else ()
        self.arns = [self._topic(stack, id, account, key) for id in ids]

    def _topic(self, stack: cdk.Stack, id: str, account: Account, key: str) -> str:
        # No name: nothing names it before it exists.
        arn = sns.CfnTopic(stack, f"{id}Topic", kms_master_key_id=key).ref
        document = resource_policy(topic_policy(account), arn)
        sns.CfnTopicPolicy(stack, f"{id}TopicPolicy", topics=[arn], policy_document=document)
        cdk.CfnOutput(stack, f"{id}TopicArn", value=arn)
        return arn
