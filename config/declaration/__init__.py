"""What a model promises of its API: `model_code/<model>/api.yaml`, read into typed, checked values.

`load_declaration(folder)` is the one way in. Whoever calls the API reads the same words: as its OpenAPI document, in
`GET /endpoints`, and in the problem that answers a wrong body.
"""

from config.declaration.declaration import LARGEST, Bytes, Declaration, Example, Instances, Table
from config.declaration.load import FILE, declared_model, declared_models, load_declaration

__all__ = [
    "FILE",
    "LARGEST",
    "Bytes",
    "Declaration",
    "Example",
    "Instances",
    "Table",
    "declared_model",
    "declared_models",
    "load_declaration",
]
