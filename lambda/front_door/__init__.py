"""The front door's function: a prediction request comes in over HTTP and leaves as one InvokeEndpoint call.

One way through the house: `handler -> predict -> endpoint_client`. Nothing here imports from outside
this folder except the standard library, botocore and urllib3, which the Lambda runtime brings.
"""
