"""The API's OpenAPI document as one page to read, docs/api.html; that of a deployed API by its own document."""
