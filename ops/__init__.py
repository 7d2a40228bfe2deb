"""What an operator does after the deployment: bring data, follow the pipeline and the release, call the API."""
