"""Which images serve a user's inference script, so that our own model server can stand for them.

Source: the image registry of sagemaker-core (sagemaker.core.image_uris), frameworks with an inference toolkit.
"""

import re

_FRAMEWORKS = frozenset(
    {
        *("sagemaker-scikit-learn", "sagemaker-xgboost", "pytorch-inference", "sagemaker-pytorch", "mxnet-inference"),
        *("huggingface-pytorch-inference", "huggingface-tensorflow-inference"),
    }
)
_REGISTRY = re.compile(r"\d{12}\.dkr\.ecr\.[\w.-]+/(?P<repository>[^:@]+)")


def runs_inference_scripts(image: str) -> bool:
    """Return whether the image serves `inference.py`: AWS's framework images do, others in a registry do not.

    A name without a registry is no image that AWS could pull, so nothing is known of it but the code it comes with.
    """
    match = _REGISTRY.match(image)
    return match is None or match["repository"] in _FRAMEWORKS
