"""The second factor of an IAM user, which people's roles ask for."""

from __future__ import annotations

from dataclasses import dataclass
from getpass import getpass

VARIABLE = "ASHLAR_MFA_SERIAL"


@dataclass(frozen=True)
class SecondFactor:
    """An MFA device by its ARN, and the code that it shows; without `code` it is asked for when a role is assumed.

    AWS takes each code once.
    """

    serial: str
    code: str | None = None

    def parameters(self) -> dict[str, str]:
        """What AssumeRole wants of it. Raises EOFError where nobody can be asked."""
        return {"SerialNumber": self.serial, "TokenCode": self.code or getpass(f"Code of {self.serial}: ").strip()}
