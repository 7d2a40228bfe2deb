"""The reconciler: makes each inference stack serve the model packages that are approved.

It looks at what is (packages, stack), never at the event that woke it, so a lost, doubled or late event does no harm.
"""
