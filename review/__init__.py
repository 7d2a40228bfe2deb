"""The security review: every environment under every scanner, and every exception with its reason. `make review`."""
