"""Where a deployment's files go on their way to AWS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Assets:
    """`directory` is the cloud assembly, which `cdk deploy` uploads from; `qualifier` that of the bootstrap stack."""

    directory: Path
    qualifier: str

    @property
    def key_alias(self) -> str:
        """The alias of the customer key that `cdk bootstrap` makes for the bucket."""
        return f"alias/cdk-{self.qualifier}-assets-key"
