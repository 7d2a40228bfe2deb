"""A Gaussian process with a squared exponential kernel, and what it promises: the expected improvement.

Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", algorithm 2.1; Jones et al., "Efficient
Global Optimization of Expensive Black-Box Functions".
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_LENGTH = 0.25
_NOISE = 1e-3


def expected_improvement(
    known: Sequence[Sequence[float]], values: Sequence[float], candidates: Sequence[Sequence[float]]
) -> list[float]:
    """Return by how much each candidate is expected to exceed the best known value, in standard deviations.

    `known` and `candidates` are points of the same length with coordinates from 0 to 1.
    """
    spread = float(np.std(values)) or 1.0
    target = (np.array(values) - np.mean(values)) / spread
    inputs, places = np.array(known), np.array(candidates)
    kernel = _kernel(inputs, inputs) + _NOISE * np.eye(len(inputs))
    cross = _kernel(places, inputs)
    mean = cross @ np.linalg.solve(kernel, target)
    explained = np.sum(cross * np.linalg.solve(kernel, cross.T).T, axis=1)
    deviation = np.sqrt(np.maximum(1.0 - explained, 1e-12))
    z = (mean - target.max()) / deviation
    density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in z])
    return [float(value) for value in deviation * (z * below + density)]


def _kernel(one: Matrix, two: Matrix) -> Matrix:
    squares = np.sum((one[:, None, :] - two[None, :, :]) ** 2, axis=2)
    return np.asarray(np.exp(-0.5 * squares / _LENGTH**2))
