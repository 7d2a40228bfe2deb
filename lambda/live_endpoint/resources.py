"""What each kind of custom resource does when the stack is updated."""

from __future__ import annotations

from collections.abc import Callable

from live_endpoint.hosted import Desired, Hosted
from live_endpoint.properties import Properties
from live_endpoint.scaling import Scaling

Update = Callable[[Properties, Properties, Hosted, Scaling], None]


def hold_scaling(old: Properties, new: Properties, hosted: Hosted, scaling: Scaling) -> None:
    """Let variants whose instance type is going to change go; take back those that run on the new one already.

    Those are of a stack that rolls back after SageMaker did: `new` is what was before.
    """
    changed = new.changed(old, "instance_type")
    live = hosted.instance_types() if changed else {}
    for name in changed:
        if live.get(name) == new.variants[name].instance_type:
            scaling.register(name, new.variants[name])
        else:
            scaling.release(name)


def apply_to_live(old: Properties, new: Properties, hosted: Hosted, scaling: Scaling) -> None:
    """Register scaled variants whose instance type changed again, and set the weights and counts that changed."""
    for name in new.changed(old, "instance_type"):
        if new.variants[name].minimum is not None:
            scaling.register(name, new.variants[name])
    desired: dict[str, Desired] = {}
    for attribute, key in (("weight", "DesiredWeight"), ("instances", "DesiredInstanceCount")):
        for name in new.changed(old, attribute):
            value = getattr(new.variants[name], attribute)
            if value is not None:
                desired.setdefault(name, {})[key] = value
    if desired:
        hosted.bring(desired)


UPDATES: dict[str, Update] = {"Custom::ScalingHold": hold_scaling, "Custom::LiveVariants": apply_to_live}
