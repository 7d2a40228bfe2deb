"""A failed model's own message, in development: short, without the inside of the platform."""

import re

LONGEST = 400
ARN = re.compile(r"arn:aws[a-z-]*:[^\s\"',;)]+")
ACCOUNT = re.compile(r"\b[0-9]{12}\b")


def shown(message: str) -> str:
    """Its last line, where Python says what was wrong; ARNs and account ids are left out."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = ACCOUNT.sub("[account]", ARN.sub("[ARN]", lines[-1] if lines else ""))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
