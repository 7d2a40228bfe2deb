"""CloudFormation's side of the local cloud.

MiniStack's engine deploys, rolls back and deletes stacks. Here are the resource types it lacks, the properties it
drops, the roles that stack operations act with, and the events it does not send.
"""

from __future__ import annotations


def install() -> None:
    """Extend MiniStack's CloudFormation; called once, before the first request."""
    # Imported here because they need MiniStack, and the list of supported types is read without it.
    from local.cloudformation import (
        audit,
        authorisation,
        gaps,
        operations,
        sagemaker_types,
        scaling_types,
        status_events,
        supported,
    )
    from local.hooks import cloudformation as hook
    from local.hooks import stack_events

    sagemaker_types.register()
    scaling_types.register()
    gaps.mend()
    hook.keep_types(supported.ALL, "The local cloud does not provide them; docs/local.md lists the types it does.")
    audit.install()
    authorisation.install()
    operations.install()
    status_events.install()
    stack_events.install()
