"""References inside a pipeline definition: values that SageMaker fills in when the pipeline runs."""

from __future__ import annotations

Reference = dict[str, object]
Value = str | Reference

EXECUTION_ID: Reference = {"Get": "Execution.PipelineExecutionId"}


def parameter(name: str) -> Reference:
    """The value of a pipeline parameter."""
    return {"Get": f"Parameters.{name}"}


def join(on: str, *values: Value) -> Reference:
    """Strings and references joined into one string."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def model_artifact(training_step: str) -> Reference:
    """S3 address of the model.tar.gz that a training step made."""
    return {"Get": f"Steps.{training_step}.ModelArtifacts.S3ModelArtifacts"}


def processing_output(step: str, output: str) -> Reference:
    """S3 prefix of one output of a processing step."""
    return {"Get": f"Steps.{step}.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri"}


def json_get(step: str, property_file: str, path: str) -> Reference:
    """A number or string from a JSON file that a processing step wrote."""
    return {
        "Std:JsonGet": {"PropertyFile": {"Get": f"Steps.{step}.PropertyFiles.{property_file}"}, "Path": path},
    }
