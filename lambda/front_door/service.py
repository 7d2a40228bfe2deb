"""What one process keeps from request to request."""

from dataclasses import dataclass

from front_door.declared import Declared
from front_door.settings import Settings
from front_door.signed_client import SignedClient


@dataclass(frozen=True, slots=True)
class Service:
    """Every handler gets it beside its request."""

    settings: Settings
    declared: Declared
    client: SignedClient
