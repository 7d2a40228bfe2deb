"""Properties and types that MiniStack's CloudFormation drops, each brought to the service it belongs to.

They are applied by the account's root, as MiniStack applies its own.
"""

from __future__ import annotations

from local.cloudformation.gaps import (
    api_gateway,
    ec2,
    lambda_functions,
    lambda_wait,
    recorded_types,
    s3,
    service_types,
    single_properties,
)


def mend() -> None:
    """Mend all of them; called before the audit, which sees what is read here."""
    api_gateway.mend()
    ec2.mend()
    s3.mend()
    recorded_types.mend()
    service_types.mend()
    single_properties.mend()
    lambda_functions.mend()
    lambda_wait.mend()
