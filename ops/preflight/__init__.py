"""Before a deployment: would it fail in this account? Reads only, with the operator's own credentials.

Each check is a question about one setting; its row says what was found, what is needed and how to mend it.
"""
