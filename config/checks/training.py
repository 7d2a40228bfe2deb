"""What trains a candidate, and on which machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import algorithms, candidates, mentions
from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Candidate, Platform

INSTANCES = "SageMaker developer guide: common information about built-in algorithms"
KINDS = "`entry_point` with `image`, `algorithm`, or `own_image`"


def _kinds(candidate: Candidate) -> list[str]:
    given = {
        "entry_point": candidate.entry_point or candidate.image,
        "algorithm": candidate.algorithm,
        "own_image": candidate.own_image,
    }
    return [name for name, value in given.items() if value is not None]


@rule("TRAINING-KIND", "a candidate is trained by exactly one thing.", "docs/models.md")
def candidates_are_trained_by_one_thing(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        if len(_kinds(each.its)) != 1 or (each.its.entry_point is None) != (each.its.image is None):
            yield Violation(each.path, _kinds(each.its), f"give one of: {KINDS}.")


@rule("ALGORITHM-KNOWN", "SageMaker has no such built-in algorithm.", "config/catalogue/algorithms.yaml")
def algorithms_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        name = each.its.algorithm
        if name is not None and name not in catalogue.algorithms():
            known = sorted(catalogue.algorithms())
            yield Violation(f"{each.path}.algorithm", name, f"{nearest(name, known)}use one of: {', '.join(known)}.")


@rule("ALGORITHM-NEEDS-GPU", "this algorithm trains on GPUs only: SageMaker refuses other machines.", INSTANCES)
def algorithms_get_the_gpus_they_need(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        if not facts.machines.cpu and not catalogue.has_gpus(each.its.instance_type):
            fix = "use a machine with GPUs, such as ml.g5.2xlarge."
            yield Violation(f"{each.path}.instance_type", each.its.instance_type, fix)


@rule("ALGORITHM-NO-GPU", "this algorithm does not use GPUs: they would be paid for and idle.", INSTANCES)
def algorithms_pay_for_no_idle_gpu(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        if not facts.machines.gpu and catalogue.has_gpus(each.its.instance_type):
            fix = "use a machine without GPUs, such as ml.m5.2xlarge."
            yield Violation(f"{each.path}.instance_type", each.its.instance_type, fix)


@rule(
    "ALGORITHM-ONE-GPU", "this algorithm uses one GPU of a machine: the others would be paid for and idle.", INSTANCES
)
def algorithms_of_one_gpu_get_one(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        machines, instance_type = facts.machines, each.its.instance_type
        if machines.gpu and not machines.several_gpus and catalogue.has_several_gpus(instance_type):
            yield Violation(f"{each.path}.instance_type", instance_type, "use a machine with one GPU: ml.g5.2xlarge.")


@rule("ALGORITHM-INSTANCES", "this algorithm trains on one instance.", INSTANCES)
def algorithms_of_one_instance_get_one(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        if each.its.instances == 1:
            continue
        gpus = catalogue.has_gpus(each.its.instance_type)
        limited = facts.several_when and (gpus or not each.sets(facts.several_when))
        if not facts.machines.several or limited:
            needed = "; ".join(f"`{name}: {' or '.join(values)}`" for name, values in facts.several_when.items())
            fix = f"write `instances: 1`{f', or {needed} on machines without GPUs' if needed else ''}."
            yield Violation(f"{each.path}.instances", each.its.instances, fix)


@rule(
    "SCRIPT-INSTANCES",
    "the script does not know of other instances: each would train the same model, and one would win.",
    "SageMaker training toolkit: SM_HOSTS, SM_CURRENT_HOST",
)
def scripts_on_several_instances_know_of_them(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        if each.its.instances > 1 and each.its.entry_point and not mentions(each.model.code, "SM_HOSTS"):
            fix = f"write `instances: 1`, or share the work by SM_HOSTS in {each.model.code}."
            yield Violation(f"{each.path}.instances", each.its.instances, fix)


@rule(
    "INCREMENTAL-ALGORITHM",
    "this algorithm cannot start from a model that it trained before.",
    "SageMaker developer guide: incremental training",
)
def algorithms_that_start_from_a_model_can(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        if each.its.incremental and not facts.incremental:
            able = sorted(name for name, its in catalogue.algorithms().items() if its.incremental)
            yield Violation(f"{each.path}.incremental", True, f"remove it: only {', '.join(able)} and scripts can.")


@rule(
    "WARM-POOL-SPOT",
    "spot machines are not kept for the next job.",
    "SageMaker developer guide: managed warm pools, considerations",
)
def kept_machines_are_not_spot(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        if each.its.warm_pool_minutes and each.its.spot:
            yield Violation(f"{each.path}.warm_pool_minutes", each.its.warm_pool_minutes, "remove it, or `spot`.")


@rule(
    "WARM-POOL-TUNING",
    "SageMaker drops the period of a tuning job's machines: they are never kept.",
    "aws-controllers-k8s/sagemaker-controller pull request 176",
)
def tuning_keeps_no_machines(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        if each.its.warm_pool_minutes and each.its.tuning:
            yield Violation(f"{each.path}.warm_pool_minutes", each.its.warm_pool_minutes, "remove it, or `tuning`.")


@rule(
    "DEBUGGER-TUNING",
    "the jobs of a tuning job take no settings of Debugger and Profiler: they would be dropped.",
    "SageMaker API: HyperParameterTrainingJobDefinition",
)
def tuned_jobs_are_not_watched(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for name in ("debugger", "profiler"):
            settings = getattr(each.its, name)
            if settings is not None and each.its.tuning:
                fix = "remove it, or `tuning`: the best hyperparameters can be trained once more with it."
                yield Violation(f"{each.path}.{name}", settings.model_dump(), fix)


@rule(
    "CLOSED-FEATURE",
    "AWS closed it to new customers in 2026: in an account that never used it the job is refused.",
    "SageMaker developer guide: availability changes of Debugger and Profiler",
)
def closed_features_are_accepted_by_name(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for name in ("debugger", "profiler"):
            settings = getattr(each.its, name)
            if settings is not None and each.its.closed_features is None:
                fix = "remove it, or write `closed_features: accepted` where the account has used it before."
                yield Violation(f"{each.path}.{name}", settings.model_dump(), fix)
