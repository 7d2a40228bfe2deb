"""Limits of training, tuning, processing and transform jobs."""

from __future__ import annotations

from config.catalogue.algorithms import Facts


class TuningLimits(Facts):
    """Limits of one tuning job. `jobs`: strategy -> training jobs."""

    hyperparameters: int
    categorical_values: int
    metrics: int
    jobs: dict[str, int]
    hyperband_resources: list[str]
    bayesian_rounds: int


class Training(Facts):
    """Limits of jobs; training.yaml explains them."""

    processing_inputs: int
    processing_arguments: int
    processing_argument_characters: int
    channels: int
    hyperparameters: int
    hyperparameter_characters: int
    spot_without_checkpoints_minutes: int
    transform_payload_mb: int
    needs_network: list[str]
    tuning: TuningLimits
