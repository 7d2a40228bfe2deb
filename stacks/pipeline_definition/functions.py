"""References inside a pipeline definition: values that SageMaker fills in when the pipeline runs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from config.schema import Parameter

Reference = dict[str, object]
Value = str | Reference

EXECUTION_ID: Reference = {"Get": "Execution.PipelineExecutionId"}
EXECUTION_ARN: Reference = {"Get": "Execution.PipelineExecutionArn"}
PIPELINE: Reference = {"Get": "Execution.PipelineName"}
_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def parameter(name: str) -> Reference:
    """The value of a pipeline parameter."""
    return {"Get": f"Parameters.{name}"}


def named_parameter(value: object, parameters: Mapping[str, Parameter]) -> Value | None:
    """The parameter that a setting names as `{name}`, as text; None where it names none."""
    match = _NAMED.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1] not in parameters:
        return None
    # SageMaker refuses a reference of another type than the field's, and these fields are strings.
    found = parameter(match[1])
    return found if parameters[match[1]].type == "string" else join("", found)


def join(on: str, *values: Value) -> Reference:
    """Strings and references joined into one string."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def model_artifact(training_step: str) -> Reference:
    """S3 address of the model.tar.gz that a training step made."""
    return {"Get": f"Steps.{training_step}.ModelArtifacts.S3ModelArtifacts"}


def best_artifact(tuning_step: str, output: str) -> Reference:
    """S3 address of the model.tar.gz of a tuning step's best job; `output` is what its jobs write below."""
    best: Reference = {"Get": f"Steps.{tuning_step}.BestTrainingJob.TrainingJobName"}
    return join("/", output, best, "output/model.tar.gz")


def processing_output(step: str, output: str) -> Reference:
    """S3 prefix of one output of a processing step."""
    return {"Get": f"Steps.{step}.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri"}


def function_output(step: str, output: str) -> Reference:
    """One output parameter of a Lambda step."""
    return {"Get": f"Steps.{step}.OutputParameters['{output}']"}


def json_get(step: str, property_file: str, path: str) -> Reference:
    """A number or string from a JSON file that a processing step wrote."""
    return {
        "Std:JsonGet": {"PropertyFile": {"Get": f"Steps.{step}.PropertyFiles.{property_file}"}, "Path": path},
    }
