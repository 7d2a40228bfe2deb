"""The controls that the platform answers to, each computed from the synthesized templates.

`controls.csv` holds the rows, `exceptions.csv` what is not met on purpose, the modules one check a row.
"""

from review.controls.estate import Estate
from review.controls.evaluation import Row, evaluate
from review.controls.findings import Finding
from review.controls.tables import Control, Exemption, TableError, controls, exemptions

__all__ = ["Control", "Estate", "Exemption", "Finding", "Row", "TableError", "controls", "evaluate", "exemptions"]
