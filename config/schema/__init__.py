"""Every setting: its type, its bounds, its unit and its default, which is the secure one.

Only what the platform does today is here; a key that is not here is an error. Field descriptions become the
JSON Schema that editors complete from (`python -m config schema`). One file per topic.
"""

from config.schema.base import ArnText, InstanceType, Name, Part, Settings
from config.schema.endpoint import Asynchronous, Capture, Endpoint, Rollout, RolloutAlarms
from config.schema.foundation import (
    Audit,
    ContinuousIntegration,
    DataScientist,
    DataSettings,
    IdentitySettings,
    Keys,
    Trail,
)
from config.schema.front_door import ApiClient, Domain, Firewall, FrontDoor, PrivateApi, Throttle, Truststore
from config.schema.job import Job, Machine
from config.schema.model import Cache, Evaluation, Gate, Model, Parameter, Processing, Scan, StartSchedule
from config.schema.network import ExistingVpc, Network, Subnet
from config.schema.platform import Client, Platform
from config.schema.training import Candidate, Channel, Debugger, FileSystem, Profiler, Script, Spot
from config.schema.transform import Transform
from config.schema.tuning import Objective, SearchRange, Tuning, WarmStart
from config.schema.variant import Container, Fleet, OwnImage, Scaling, Schedule, Served, Serverless, Shadow, Variant

__all__ = [
    "ApiClient",
    "ArnText",
    "Asynchronous",
    "Audit",
    "Cache",
    "Candidate",
    "Capture",
    "Channel",
    "Client",
    "Container",
    "ContinuousIntegration",
    "DataScientist",
    "DataSettings",
    "Debugger",
    "Domain",
    "Endpoint",
    "Evaluation",
    "ExistingVpc",
    "FileSystem",
    "Firewall",
    "Fleet",
    "FrontDoor",
    "Gate",
    "IdentitySettings",
    "InstanceType",
    "Job",
    "Keys",
    "Machine",
    "Model",
    "Name",
    "Network",
    "Objective",
    "OwnImage",
    "Parameter",
    "Part",
    "Platform",
    "PrivateApi",
    "Processing",
    "Profiler",
    "Rollout",
    "RolloutAlarms",
    "Scaling",
    "Scan",
    "Schedule",
    "Script",
    "SearchRange",
    "Served",
    "Serverless",
    "Settings",
    "Shadow",
    "Spot",
    "StartSchedule",
    "Subnet",
    "Throttle",
    "Trail",
    "Transform",
    "Truststore",
    "Tuning",
    "Variant",
    "WarmStart",
]
