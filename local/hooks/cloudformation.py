"""CloudFormation: types of our own, wrapped handlers of MiniStack's, and what happens around a stack operation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from local.hooks import internals
from local.hooks.events import on_event_loop
from local.hooks.services import Response

Properties = dict[str, Any]
Attributes = dict[str, Any]
Create = Callable[[str, Properties, str], tuple[str, Attributes]]
Delete = Callable[[str, Properties], None]
Update = Callable[[str, Properties, Properties, str], tuple[str, Attributes]]
StackListener = Callable[[str, str, str, str], None]

_stacks = internals.module("services.cloudformation.stacks")
_provisioners = internals.module("services.cloudformation.provisioners")

_on_worker_threads: set[str] = set()


def register_cfn_type(
    resource_type: str,
    create: Create,
    delete: Delete,
    update: Update | None = None,
    replacing: Sequence[str] = (),
) -> None:
    """Provide `resource_type`, or replace MiniStack's version of it. The functions run in worker threads and may wait.

    `create(logical_id, properties, stack_name)` and `update(physical_id, old, new, stack_name)` answer the physical id,
    which is what Ref gives, and the attributes of Fn::GetAtt. They raise for a failure, with the reason as message. A
    change of a property in `replacing` creates a new resource and deletes the old one. Without `update` every property
    must be in `replacing`.
    """
    handler: dict[str, Any] = {"create": create, "delete": delete}
    if update:
        handler["update"] = update
    _provisioners._RESOURCE_HANDLERS[resource_type] = handler
    _provisioners._REPLACING_PROPERTIES[resource_type] = tuple(replacing)
    _on_worker_threads.add(resource_type)


def keep_types(kept: Collection[str], hint: str) -> None:
    """Take every type that is not in `kept` away, and add `hint` to the error of a template that declares such a type.

    CloudFormation refuses a template with an unknown type before it creates anything, and so does MiniStack.
    """
    handlers = _provisioners._RESOURCE_HANDLERS
    if missing := sorted(set(kept) - set(handlers)):
        raise RuntimeError(f"No handler for the supported types {missing}.")
    for resource_type in set(handlers) - set(kept):
        del handlers[resource_type]

    engine = internals.module("services.cloudformation.engine")
    original = engine.validate_template_support

    def validate_template_support(*args: Any, **named: Any) -> None:
        try:
            original(*args, **named)
        except ValueError as error:
            raise ValueError(
                f"{error} {hint}" if "Unrecognized resource types" in str(error) else str(error)
            ) from error

    for name in ("handlers", "changesets"):
        internals.module(f"services.cloudformation.{name}").validate_template_support = validate_template_support


def tag_with_stack(resource_types: Iterable[str]) -> None:
    """Give resources of these types the tags of their stack too, in their property Tags."""
    _provisioners._STACK_TAG_PROPERTY.update(dict.fromkeys(resource_types, ("Tags", "list")))


def wrap_create(resource_type: str, wrap: Callable[[Create], Create], *, blocking: bool) -> None:
    """Put `wrap` around the type's create; one that is `blocking` runs in a worker thread from then on."""
    handler = _provisioners._RESOURCE_HANDLERS[resource_type]
    handler["create"] = wrap(handler["create"])
    _on_worker_threads.update({resource_type} if blocking else ())


def wrap_update(
    resource_type: str, wrap: Callable[[Callable[..., tuple[str, Attributes]]], Any], *, blocking: bool
) -> None:
    """Put `wrap` around the type's update, if it has one; it may get the logical id as fifth argument."""
    handler = _provisioners._RESOURCE_HANDLERS[resource_type]
    if "update" in handler:
        handler["update"] = wrap(handler["update"])
    _on_worker_threads.update({resource_type} if blocking else ())


def delete_of(resource_type: str) -> Delete | None:
    """The type's delete, if it can be called without a logical id."""
    handler = _provisioners._RESOURCE_HANDLERS[resource_type]
    return None if handler.get("delete_with_logical_id") else handler.get("delete")


def stack(name_or_id: str) -> dict[str, Any] | None:
    """MiniStack's record of a stack, by name or id."""
    stacks = internals.module("services.cloudformation")._stacks
    found: dict[str, Any] | None = stacks.get(name_or_id.split("/")[1] if "/" in name_or_id else name_or_id)
    return found


def change_set(name_or_id: str, stack_name: str) -> dict[str, Any] | None:
    """MiniStack's record of a change set, by id or by name and stack."""
    found: dict[str, Any] | None = internals.module("services.cloudformation.changesets")._find_change_set(
        name_or_id, stack_name.split("/")[1] if "/" in stack_name else stack_name
    )[1]
    return found


def error_response(code: str, message: str, status: int = 400) -> Response:
    """A CloudFormation error in its own protocol."""
    answer: Response = internals.module("services.cloudformation.helpers")._error(code, message, status)
    return answer


def on_stack_status(listener: StackListener) -> None:
    """Call `listener(stack_id, status, reason, client_request_token)` after each stack status change.

    It is called from the event loop, once the code that changed the status is through: DescribeStacks shows it by then.
    """
    original = _stacks._add_event

    def add_event(
        stack_id: str, stack_name: str, logical_id: str, resource_type: str, status: str, reason: str = "", *rest: Any,
        **named: Any,
    ) -> None:  # fmt: skip
        original(stack_id, stack_name, logical_id, resource_type, status, reason, *rest, **named)
        if resource_type == "AWS::CloudFormation::Stack" and logical_id == stack_name:
            token = _stacks.CLIENT_REQUEST_TOKEN.get()
            on_event_loop(lambda: listener(stack_id, status, reason, token))

    for name in ("stacks", "handlers", "changesets"):
        internals.module(f"services.cloudformation.{name}")._add_event = add_event


def _install() -> None:
    original = _stacks._runs_on_worker_thread
    _stacks._runs_on_worker_thread = lambda kind: kind in _on_worker_threads or original(kind)


_install()
