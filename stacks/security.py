"""The customer keys: one for each class of data."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from stacks.constructs.encryption_key import EncryptionKey


class Security(cdk.Stack):
    """Keys for data (raw and processed), artifacts (models, evaluations), settings of functions, and logs."""

    def __init__(self, scope: Construct, id: str, *, name: str, retain: bool, **stack: Any) -> None:
        super().__init__(scope, id, **stack)
        self.data_key = EncryptionKey(self, "Data", description=f"{name}: raw and processed data", retain=retain).key
        self.artifacts_key = EncryptionKey(self, "Artifacts", description=f"{name}: models", retain=retain).key
        self.functions_key = EncryptionKey(
            self, "Functions", description=f"{name}: settings of functions", retain=retain
        ).key
        logs = EncryptionKey(self, "Logs", description=f"{name}: logs", retain=retain)
        logs.admit_log_groups(f"/{name}/*")
        self.logs_key = logs.key
