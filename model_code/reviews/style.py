"""What a bag of words does not hold: a review's length and punctuation. Travels with the XGBoost candidate."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from features import Document


def style(documents: Sequence[Document]) -> npt.NDArray[np.float64]:
    """Counts, document by trait."""
    return np.array([_traits(*document) for document in documents], dtype=np.float64)


def _traits(title: str, text: str) -> tuple[int, ...]:
    lower = text.lower()
    return (
        len(title),
        len(text),
        title.count("!"),
        text.count("!"),
        text.count("?"),
        text.count(".."),
        lower.count(" but "),
        lower.count("return"),
        sum(map(str.isdigit, text)),
    )
