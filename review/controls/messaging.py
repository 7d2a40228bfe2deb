"""Topics, queues, buses and rules. Source: Security Hub, SNS, SQS and EventBridge controls; Serverless pack."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate, statements
from review.controls.findings import Finding, as_list, at, expect, shown, state
from review.controls.properties import demand
from review.controls.registry import control

OWN = {"aws:sourceaccount", "aws:sourcearn", "aws:principalaccount", "aws:sourceowner", "aws:principalorgid"}

demand("SNS.1", "SNS::Topic", "KmsMasterKeyId")
demand("SQS.1", "SQS::Queue", "KmsMasterKeyId")


def _not_public(id: str, type: str) -> None:
    def check(estate: Estate) -> Iterator[Finding]:
        for policy in estate.of(type):
            for statement in statements(policy, policy.properties["PolicyDocument"]):
                anyone = statement.allows and any(value == "*" for _, value in statement.principals)
                limited = not anyone or bool(OWN & statement.condition_keys)
                yield state(policy, limited, f"{statement}: {'anyone' if anyone else 'named principals'}")

    check.__name__ = f"{type.rsplit('::', 1)[-1]}.not_public"
    control(id)(check)


_not_public("SNS.4", "SNS::TopicPolicy")
_not_public("SQS.3", "SQS::QueuePolicy")


@control("sns:tls")
def topics_over_tls(estate: Estate) -> Iterator[Finding]:
    for topic in estate.of("SNS::Topic"):
        policies = [p for p in estate.of("SNS::TopicPolicy") if topic.ref in p.properties["Topics"]]
        found = [s for p in policies for s in statements(p, p.properties["PolicyDocument"]) if not s.allows]
        plain = [s for s in found if as_list(at(s.body, "Condition.Bool.aws:SecureTransport")) in (["false"], [False])]
        yield state(topic, bool(plain), "topic policy denies aws:SecureTransport=false" + ("" if plain else ": no"))


@control("sqs:dlq")
def queues_have_dead_letters(estate: Estate) -> Iterator[Finding]:
    """A dead-letter queue needs none itself: rules, functions and queues name it as theirs."""
    dead_letters = _dead_letters(estate)
    for queue in estate.of("SQS::Queue"):
        if queue.arn not in dead_letters:
            yield expect(queue, "RedrivePolicy.deadLetterTargetArn")


@control("eventbus:open")
def buses_closed(estate: Estate) -> Iterator[Finding]:
    for policy in estate.of("Events::EventBusPolicy"):
        statement = policy.properties.get("Statement", policy.properties)
        closed = statement.get("Principal") != "*" or bool(statement.get("Condition"))
        yield state(policy, closed, f"Principal={shown(statement.get('Principal'))}")


@control("EventBridge.3")
def buses_have_policies(estate: Estate) -> Iterator[Finding]:
    for bus in estate.of("Events::EventBus"):
        policies = [p for p in estate.of("Events::EventBusPolicy") if p.properties.get("EventBusName") == bus.ref]
        yield state(bus, bool(policies), "resource policy" if policies else "no resource policy")


@control("events:dlq")
def targets_have_dead_letters(estate: Estate) -> Iterator[Finding]:
    for rule in estate.of("Events::Rule"):
        for index, _ in enumerate(rule.properties.get("Targets", [])):
            yield expect(rule, f"Targets.{index}.DeadLetterConfig.Arn")


def _dead_letters(estate: Estate) -> set[object]:
    """The ARNs that rules' targets, functions and queues name as theirs."""
    functions = {at(f.properties, "DeadLetterConfig.TargetArn") for f in estate.of("Lambda::Function")}
    queues = {at(q.properties, "RedrivePolicy.deadLetterTargetArn") for q in estate.of("SQS::Queue")}
    targets = [target for rule in estate.of("Events::Rule") for target in rule.properties.get("Targets", [])]
    return functions | queues | {at(target, "DeadLetterConfig.Arn") for target in targets}
