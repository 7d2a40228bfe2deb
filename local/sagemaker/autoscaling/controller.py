"""One scalable target over time: its schedules, its policies, and the endpoint that it changes.

It acts as the service-linked role of Application Auto Scaling does: through the endpoint's own operation, whatever the
caller may do who registered the target.
"""

import logging
from dataclasses import dataclass
from typing import Any

from local.sagemaker.autoscaling import activities, records, schedules
from local.sagemaker.autoscaling.policies import Cooldown, Proposal, propose
from local.sagemaker.errors import ApiError
from local.sagemaker.operations import Call, perform
from local.sagemaker.state import Region
from local.sagemaker.timing import timing

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
# SageMaker has nothing to wait for while an endpoint is changed.
_LOOK_AT_CHANGE_SECONDS = 1.0
_RETRY_SECONDS = 60.0


@dataclass
class _Change:
    """A change of capacity under way."""

    activity: Record
    before: int
    proposal: Proposal


class Controller:
    """What is known of a registered variant besides what moto keeps."""

    def __init__(self, region: Region, target: Any, now: float) -> None:
        self.target = target
        self._region = region
        self._resource = str(target.resource_id)
        self._bounds: tuple[int, int] | None = None
        self._change: _Change | None = None
        self._grown: Cooldown | None = None
        self._in_again_at = 0.0
        self._retry_at = 0.0
        self._looked_at = now

    def visit(self, now: float) -> float | None:
        """Do what is due, and return when to come again; None if nothing will be due by itself."""
        soon = now + timing().shortened(_LOOK_AT_CHANGE_SECONDS)
        next_schedule = self._fire_schedules(now)
        status, variant = self._variant()
        idle = status == "InService" and variant is not None
        if self._change and status not in ("Updating", "RollingBack", "SystemUpdating"):
            self._settle(self._change, status, variant, now)
        capacity = int(variant["CurrentInstanceCount"]) if variant else 0
        proposal = self._proposal(capacity, now) if variant else None
        if idle and proposal and now >= self._retry_at:
            self._move(capacity, proposal, now)
        waiting = self._change or proposal or self._bounds != self._current_bounds()
        again = soon if waiting else now + timing().shortened(timing().tick_seconds) if self._has_policies() else None
        return min((due for due in (again, next_schedule) if due is not None), default=None)

    def _has_policies(self) -> bool:
        return bool(records.policies(self._region, self._resource))

    def _variant(self) -> tuple[str, Record | None]:
        """Return the endpoint's status and the variant as DescribeEndpoint shows it, if both are there."""
        endpoint, name = records.variant_of(self._resource) or ("", "")
        try:
            found = perform(Call("DescribeEndpoint", {"EndpointName": endpoint}, {}, self._region))
        except ApiError:
            return "", None
        variants = found.get("ProductionVariants") or []
        return found["EndpointStatus"], next((v for v in variants if v["VariantName"] == name), None)

    def _current_bounds(self) -> tuple[int, int]:
        return int(self.target.min_capacity), int(self.target.max_capacity)

    def _proposal(self, capacity: int, now: float) -> Proposal | None:
        """Return the change that is wanted: into changed bounds first, else what the policies want within them."""
        low, high = self._current_bounds()
        if self._bounds != (low, high):
            if capacity < low:
                return Proposal(low, f"minimum capacity was set to {low}")
            if capacity > high:
                return Proposal(high, f"maximum capacity was set to {high}")
            self._bounds = (low, high)
        cooldown = self._grown if self._grown and now < self._grown.until else None
        return propose(
            self._region, self.target, capacity, now, grown=cooldown, may_shrink=now >= self._in_again_at
        )  # fmt: skip

    def _move(self, capacity: int, proposal: Proposal, now: float) -> None:
        text = f"Setting desired instance count to {proposal.capacity}."
        activity = activities.begin(self._region, self._resource, text, proposal.cause)
        endpoint, name = records.variant_of(self._resource) or ("", "")
        desired = [{"VariantName": name, "DesiredInstanceCount": proposal.capacity}]
        wanted = {"EndpointName": endpoint, "DesiredWeightsAndCapacities": desired}
        try:
            perform(Call("UpdateEndpointWeightsAndCapacities", wanted, {}, self._region))
        except ApiError as error:
            self._fail(activity, proposal, error.message, now)
            return
        self._change = _Change(activity, capacity, proposal)

    def _settle(self, change: _Change, status: str, variant: Record | None, now: float) -> None:
        """End the activity as the endpoint did; a cooldown runs from its end."""
        self._change = None
        wanted = change.proposal.capacity
        if status != "InService" or variant is None or int(variant["CurrentInstanceCount"]) != wanted:
            found = (
                f"the endpoint is {status or 'gone'} with {(variant or {}).get('CurrentInstanceCount', 0)} instances"
            )
            self._fail(change.activity, change.proposal, found, now)
            return
        message = f"Successfully set desired instance count to {wanted}. Change successfully fulfilled by sagemaker."
        activities.end(self._region, change.activity, "Successful", message)
        until = now + timing().shortened(change.proposal.cooldown_seconds)
        if wanted > change.before:
            self._grown = Cooldown(change.before, until)
        else:
            self._in_again_at = until

    def _fail(self, activity: Record, proposal: Proposal, reason: str, now: float) -> None:
        message = f"Failed to set desired instance count to {proposal.capacity}. Reason: {reason}"
        activities.end(self._region, activity, "Failed", message)
        _LOG.warning("%s: %s", self._resource, message)
        self._retry_at = now + timing().shortened(_RETRY_SECONDS)

    def _fire_schedules(self, now: float) -> float | None:
        """Set the bounds of the scheduled actions that are due, and return when the next one is."""
        since, self._looked_at = self._looked_at, now
        upcoming: list[float] = []
        for action in records.scheduled_actions(self._region, self._resource):
            given = {"created": float(action.creation_time)}
            due = schedules.next_time(
                action.schedule, action.timezone, after=max(since, float(action.creation_time)), **given
            )  # fmt: skip
            if due is not None and due <= now and schedules.is_active(action, due):
                self._fire(action)
            following = schedules.next_time(action.schedule, action.timezone, after=now, **given)
            upcoming += [] if following is None else [following]
        return min(upcoming, default=None)

    def _fire(self, action: Any) -> None:
        if (self.target.suspended_state or {}).get("ScheduledScalingSuspended"):
            return
        low, high = self._current_bounds()
        low = int(action.scalable_target_action.get("MinCapacity", low))
        high = int(action.scalable_target_action.get("MaxCapacity", high))
        text = f"Setting min capacity to {low} and max capacity to {high}"
        cause = f"scheduled action name {action.scheduled_action_name} was triggered"
        activity = activities.begin(self._region, self._resource, text, cause)
        if low > high:
            reason = "Maximum capacity cannot be less than minimum capacity"
            activities.end(self._region, activity, "Failed", f"Failed: {text}. Reason: {reason}")
            return
        self.target.update(low, high, None)
        activities.end(self._region, activity, "Successful", text.replace("Setting", "Successfully set"))
        self._bounds = None
