"""The reconciler: makes each inference stack serve the model packages that are approved.

It looks at what is (packages, stack, endpoint), never at the event that woke it, so a lost, doubled or late event does
no harm, and an invocation that was killed half-way is made good by the next one. The event decides one thing only:
whether a standing trouble is news to the operators (docs/release.md).
"""
