"""Two custom resources for what CloudFormation alone cannot do to a live endpoint.

An update of an endpoint keeps the instance counts and weights that it has (RetainAllVariantProperties), so that a
release does not undo what scaling or an operator did. Two changes of the configuration need a hand then:

- another instance type: SageMaker refuses it while the variant is a registered scalable target, and CloudFormation
  would deregister too late, after the endpoint. `Custom::ScalingHold`, which the endpoint depends on, deregisters
  before; `Custom::LiveVariants`, which depends on the endpoint, registers again, as it was: the targets depend on it,
  because CloudFormation updates only a target that is there. The same where a variant scales no more. In a stack that
  goes back, they restore target, policies and schedules.
- another weight: the retained one would silently win. `Custom::LiveVariants` sets the weights that changed, and those
  only, and waits for the endpoint.

Creating and deleting either does nothing: a new endpoint has what its configuration says.
"""
