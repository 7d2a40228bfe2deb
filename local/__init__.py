"""The local cloud: AWS's APIs on this machine's loopback, for the genuine CDK CLI to deploy to without an account.

MiniStack serves the APIs in one process. This room adds what Ashlar needs and MiniStack lacks: a launcher, TLS,
CloudFormation types and properties, and SageMaker with its jobs and endpoints as real processes. `docs/local.md` says
what is enforced, what is only recorded and what is absent. Nothing outside this room knows that it exists.
"""
