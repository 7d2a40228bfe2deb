"""Every setting: its type, its bounds, its unit and its default, which is the secure one.

Only what the platform does today is here; a key that is not here is an error. Field descriptions become the
JSON Schema that editors complete from (`python -m config schema`). One file per topic.
"""

from config.schema.base import ArnText, InstanceType, Name, Part, Settings
from config.schema.endpoint import Endpoint, Rollout, RolloutAlarms, Scaling, Variant
from config.schema.foundation import (
    Audit,
    ContinuousIntegration,
    DataScientist,
    DataSettings,
    IdentitySettings,
    Keys,
    Trail,
)
from config.schema.model import Candidate, Gate, Job, Model, Processing
from config.schema.network import ExistingVpc, Network, Subnet
from config.schema.platform import Client, FrontDoor, Platform, Throttle

__all__ = [
    "ArnText",
    "Audit",
    "Candidate",
    "Client",
    "ContinuousIntegration",
    "DataScientist",
    "DataSettings",
    "Endpoint",
    "ExistingVpc",
    "FrontDoor",
    "Gate",
    "IdentitySettings",
    "InstanceType",
    "Job",
    "Keys",
    "Model",
    "Name",
    "Network",
    "Part",
    "Platform",
    "Processing",
    "Rollout",
    "RolloutAlarms",
    "Scaling",
    "Settings",
    "Subnet",
    "Throttle",
    "Trail",
    "Variant",
]
