"""`python -m ops traffic`: shifts the live weights of an endpoint's variants in small steps, and watches each."""
