"""What each kind of custom resource does when the stack is updated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from live_endpoint.hosted import COUNT, WEIGHT, Desired, Hosted
from live_endpoint.properties import Properties, Variant
from live_endpoint.scaling import Scaling
from live_endpoint.stack import Stack

Update = Callable[[Properties, Properties, Hosted, Scaling, Stack], None]


def hold_scaling(old: Properties, new: Properties, hosted: Hosted, scaling: Scaling, stack: Stack) -> None:
    """Let variants go whose instance type is going to change, and those that will scale no more.

    In a stack that goes back, `new` is what was before: take back those that are on these machines again already,
    because SageMaker went back, or because the endpoint's update was never reached.
    """
    turned = new.turned(old)
    back = bool(turned) and stack.goes_back()
    live = hosted.instance_types() if back else {}
    for name in turned:
        its = new.variants[name]
        if back and its.scales and live.get(name) == its.instance_type:
            scaling.register(name, its)
        elif old.variants[name].scales:
            scaling.release(name)


def apply_to_live(old: Properties, new: Properties, hosted: Hosted, scaling: Scaling, stack: Stack) -> None:
    """Register again what the hold let go, and set the weights and counts that changed."""
    turned = new.turned(old)
    back = bool(turned) and stack.goes_back()
    for name in turned:
        before, its = old.variants[name], new.variants[name]
        if back and its.scales:
            scaling.register(name, _restored(before, its))
        elif its.scales and before.scales:
            # As CloudFormation takes it to be: its own next step, and policies of another name, bring what is new.
            scaling.register(name, replace(before, policies=()))
    desired: dict[str, Desired] = {}
    for attribute, key in (("weight", WEIGHT), ("instances", COUNT)):
        for name in new.changed(old, attribute):
            value = getattr(new.variants[name], attribute)
            if value is not None:
                desired.setdefault(name, {})[key] = value
    if desired:
        hosted.bring(desired)


def _restored(before: Variant, its: Variant) -> Variant:
    """As it was, with the schedules that were new beside: CloudFormation deletes those, and may not find them gone."""
    schedules = {each["ScheduledActionName"]: each for each in (*before.schedules, *its.schedules)}
    return replace(its, schedules=tuple(schedules.values()))


UPDATES: dict[str, Update] = {"Custom::ScalingHold": hold_scaling, "Custom::LiveVariants": apply_to_live}
