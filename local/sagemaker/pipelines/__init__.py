"""SageMaker Pipelines: a definition is checked when it is stored and interpreted when it is started."""
