"""Executions of a model's pipeline: start one, look at it, read its logs, stop it."""
