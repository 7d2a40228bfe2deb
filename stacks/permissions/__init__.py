"""Who may do what, as data: one file for each kind of principal, and no other place where a permission is written.

Functions take names and ARNs and give statements; `stacks/constructs/scoped_role.py` makes a role of them. Nothing here
makes a resource, so that a test or a proof can read the same statements without a template.
"""
