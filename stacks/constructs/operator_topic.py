"""Where everything goes that a person must hear of."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.permissions.audit import publish, topic_name
from stacks.permissions.resource_statement import resource_policy
from stacks.values.account import Account


class OperatorTopic(Construct):
    """An encrypted topic that alarms and rules of this account publish to. `arn` is its ARN."""

    def __init__(self, scope: Construct, id: str, *, account: Account, name: str, key: str) -> None:
        super().__init__(scope, id)
        topic = sns.CfnTopic(self, "Topic", topic_name=topic_name(name), display_name=name, kms_master_key_id=key)
        self.arn = topic.ref
        sns.CfnTopicPolicy(
            self, "Policy", topics=[self.arn], policy_document=resource_policy(publish(account), self.arn)
        )

    def subscribe(self, emails: Sequence[str], *, dead_letters: str) -> None:
        """Each address must confirm once. What does not reach it goes to `dead_letters`, a queue's ARN."""
        for number, email in enumerate(emails):
            sns.CfnSubscription(
                self,
                f"Email{number}",
                topic_arn=self.arn,
                protocol="email",
                endpoint=email,
                redrive_policy={"deadLetterTargetArn": dead_letters},
            )
