"""The SageMaker model behind one production variant."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.scoped_role import ScopedRole
from stacks.pipeline_definition.steps import INFERENCE_CODE
from stacks.values.placement import Placement


class ModelVariant(Construct):
    """An isolated model in the VPC, made from a model package; absent until the condition `released` holds."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        package: str,
        logical_id: str,
        role: ScopedRole,
        placement: Placement,
        released: str,
    ) -> None:
        super().__init__(scope, id)
        # No name: a new package replaces the model. CloudFormation derives the name from the logical id, which is
        # therefore lower-case and says whose model it is: the release role is allowed `model/<logical id>-*` only.
        self.resource = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            enable_network_isolation=True,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=placement.subnet_ids, security_group_ids=[placement.security_group_id]
            ),
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=package,
                environment={
                    # The model says in each answer which package it is: true even in the middle of a roll-out.
                    "MODEL_PACKAGE": package,
                    # As in the package, in case the service replaces the package's environment instead of adding to it.
                    **INFERENCE_CODE,
                },
            ),
        )
        self.resource.override_logical_id(logical_id)
        self.resource.add_override("Condition", released)
        # Never delete what an endpoint may still run on: an old model goes when nothing uses it any more.
        self.resource.add_override("UpdateReplacePolicy", "Retain")
        self.resource.add_override("DeletionPolicy", "Delete")
