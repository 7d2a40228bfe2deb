"""SageMaker for the local cloud: jobs, pipelines and endpoints that really run, as processes under their own roles.

`operations` and `state` are the control plane; `jobs`, `pipelines` and `endpoints` carry out what it accepts. What is
not supported is an error that names itself; docs/local.md lists what is enforced, recorded only and absent.
"""


def install() -> None:
    """Add SageMaker, its runtime and Application Auto Scaling to the local cloud of this process."""
    # Imported here because it needs MiniStack, and the parts that interpret and parse are used without it.
    from local.sagemaker import service

    service.install()


def shut_down() -> None:
    """End every job and model server, scale nothing, and start none any more."""
    from local.sagemaker import autoscaling, children

    autoscaling.shut_down()
    children.shut_down()
