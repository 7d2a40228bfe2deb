"""`python -m ops verify`: is what runs what was declared? Reads only, with the operator's own credentials.

Declared is the configuration file and the templates that were deployed with it, resolved (`template`, `deployment`).
Each check compares one thing; what cannot be compared, because it was denied for example, is no pass.
"""
