"""Targets of kind SageMaker pipeline: a rule or a schedule starts the execution with the target's own role.

One without a role, or with one that its service may not assume or that may not start the pipeline, starts nothing, as
in AWS. AWS counts that as a failed invocation; here the reason is in the local cloud's log.
"""

from __future__ import annotations

import logging
from typing import Any

from local import hooks

_log = logging.getLogger("ashlar.local.events")


def start_pipeline(target: dict[str, Any], event: dict[str, Any]) -> None:
    """Start the pipeline `target["Arn"]` with the target's parameters."""
    service = "scheduler" if event.get("source") == "aws.scheduler" else "events"
    try:
        credentials = hooks.assume_role(
            target.get("RoleArn", ""), f"{service}-{event['id']}", service_principal=f"{service}.amazonaws.com"
        )
        hooks.client("sagemaker", credentials=credentials).start_pipeline_execution(
            PipelineName=target["Arn"].rsplit("/", 1)[-1],
            PipelineParameters=target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", []),
        )
    except Exception as error:
        # The thread is EventBridge's: nobody waits for it, so the log is the only place for any failure.
        _log.error("EventBridge could not start %s: %s", target.get("Arn"), error)


def install() -> None:
    """Deliver to SageMaker pipeline targets from now on."""
    hooks.event_target("sagemaker", start_pipeline)
