"""What an organisation edits: one YAML file per environment, read into typed, checked settings.

`load(path)` is the one way in. It raises `ConfigurationError` with every finding of the file, each naming
the file, the path inside it, the value, the rule and the fix. Nothing here needs Node, AWS or the network.
"""

from config.errors import ConfigurationError, Finding
from config.load import environment_names, load, load_all, load_environment
from config.schema import Platform

__all__ = ["ConfigurationError", "Finding", "Platform", "environment_names", "load", "load_all", "load_environment"]
