"""Properties and types that MiniStack's CloudFormation drops, each brought to the service it belongs to.

They are applied by the account's root, as MiniStack applies its own: the role of the stack operation is not asked.
"""

from __future__ import annotations

from local.cloudformation.gaps import ec2, lambda_functions, lambda_wait, s3, single_properties


def mend() -> None:
    """Mend all of them; called before the audit, which sees what is read here."""
    ec2.mend()
    s3.mend()
    single_properties.mend()
    lambda_functions.mend()
    lambda_wait.mend()
