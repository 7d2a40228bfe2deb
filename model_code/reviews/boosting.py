"""Boosting round by round: stopped early on validation, resumed from a checkpoint, continued from an earlier model.

A round depends on its number (seed_per_iteration) and on the rounds before it alone, so a training that was ended and
resumed gives the model that it would have given, to the last bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xgboost as xgb
from checkpoint import Checkpoint

REPORT_EVERY = 10  # rounds


@dataclass(frozen=True)
class Plan:
    """How long to boost, and what belongs to whom."""

    rounds: int  # at most, beyond those of the earlier model
    patience: int  # rounds without a better validation loss
    checkpoint: Checkpoint
    checkpoint_every: int  # rounds
    fingerprint: str  # of this training; a checkpoint of another is not resumed


def boost(
    parameters: Mapping[str, Any],
    train: xgb.QuantileDMatrix,
    validation: xgb.QuantileDMatrix,
    plan: Plan,
    earlier: bytearray | None = None,
) -> xgb.Booster:
    """The booster up to its best round. `earlier` is a saved booster whose rounds come first."""
    booster = _begun(parameters, train, validation, plan, earlier)
    first, best, loss = int(_attr(booster, "first")), int(_attr(booster, "best")), float(_attr(booster, "loss"))
    for number in range(booster.num_boosted_rounds(), first + plan.rounds):
        if number - best > plan.patience:
            break
        booster.update(train, number)
        losses = _losses(booster, train, validation, number)
        if losses["validation"] < loss:
            best, loss = number, losses["validation"]
            booster.set_attr(best=best, loss=loss)
        if number % REPORT_EVERY == 0:
            shown = " ".join(f"{name}:mlogloss={value:.5f}" for name, value in losses.items())
            print(f"round={number} {shown}", flush=True)
        if (number + 1) % plan.checkpoint_every == 0:
            content = booster.save_raw("ubj")
            plan.checkpoint.write(content)
            # A booster keeps sums that its file does not; begun from the file, they differ in the last bit.
            booster = xgb.Booster(dict(parameters), [train, validation], model_file=content)
    plan.checkpoint.write(booster.save_raw("ubj"))
    print(f"trained: best round {best} of {booster.num_boosted_rounds()}", flush=True)
    kept = booster[: best + 1]
    kept.set_attr(**dict.fromkeys(kept.attributes()))  # None removes them: a model holds its trees alone
    return kept


def _begun(
    parameters: Mapping[str, Any],
    train: xgb.QuantileDMatrix,
    validation: xgb.QuantileDMatrix,
    plan: Plan,
    earlier: bytearray | None,
) -> xgb.Booster:
    """A booster with what the loop keeps in its attributes: whose it is, its first round, the best and its loss."""
    resumed = _resumed(parameters, plan)
    booster = xgb.Booster(dict(parameters), [train, validation], model_file=resumed or earlier)
    if resumed:
        print(f"resumed from a checkpoint after {booster.num_boosted_rounds()} rounds", flush=True)
        return booster
    first = booster.num_boosted_rounds()
    loss = _losses(booster, train, validation, first)["validation"] if earlier else float("inf")
    booster.set_attr(fingerprint=plan.fingerprint, first=first, best=first - 1, loss=loss)
    return booster


def _resumed(parameters: Mapping[str, Any], plan: Plan) -> bytearray | None:
    """The checkpoint, if it is of this very training."""
    content = plan.checkpoint.read()
    if content is None:
        return None
    try:
        found = xgb.Booster(dict(parameters), model_file=bytearray(content)).attr("fingerprint")
    except xgb.core.XGBoostError as error:
        print(f"the checkpoint cannot be read ({str(error).splitlines()[0]}): training starts anew", flush=True)
        return None
    if found != plan.fingerprint:
        print("the checkpoint is of a training on other data or with other settings: training starts anew", flush=True)
        return None
    return bytearray(content)


def _losses(
    booster: xgb.Booster, train: xgb.QuantileDMatrix, validation: xgb.QuantileDMatrix, number: int
) -> dict[str, float]:
    """The log loss of each split after a round."""
    # "[7]\ttrain-mlogloss:0.5123\tvalidation-mlogloss:0.6012"
    fields = booster.eval_set([(train, "train"), (validation, "validation")], number).split("\t")[1:]
    return {name.split("-")[0]: float(value) for name, value in (field.split(":") for field in fields)}


def _attr(booster: xgb.Booster, name: str) -> str:
    value = booster.attr(name)
    if value is None:
        raise ValueError(f"the checkpoint holds no {name!r}")
    return str(value)
