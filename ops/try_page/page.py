"""The page as one document, with its style and its script inside: it fetches nothing but the server's own answers."""

from __future__ import annotations

from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
# One script: they share their names.
SCRIPTS = ("page.js", "form.js", "answer.js")


def page(environment: str, nonce: str) -> bytes:
    """`environment`: how the deployed platform is called. `nonce`: what the policy lets style and script run by."""
    document = _text("page.html").replace("NONCE", nonce).replace("ENVIRONMENT", escape(environment))
    script = "\n".join(map(_text, SCRIPTS))
    # Last: what they hold is not looked at again.
    return document.replace("/* STYLE */", _text("page.css")).replace("/* SCRIPT */", script).encode()


def policy(nonce: str) -> str:
    """Content-Security-Policy: its own style and script run, and it speaks to its own server only."""
    own = f"'nonce-{nonce}'"
    closed = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; style-src {own}; script-src {own}; connect-src 'self'; img-src data:; {closed}"


def _text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
