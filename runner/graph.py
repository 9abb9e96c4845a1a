"""A workflow as a graph of calls, whichever of ComfyUI's two JSON formats it came from."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..core.errors import WorkflowError


class Link(NamedTuple):
    """An input that takes its value from output `slot` of node `node`."""

    node: str
    slot: int


@dataclass
class Call:
    """One node to run: its id, its type, the title the user gave it, and its inputs by name.

    typed: names of the inputs that were set by hand.
    """

    id: str
    kind: str
    title: str
    inputs: dict[str, Any] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        name = " ".join(f"node {self.id} ({self.title})".split())
        return name.encode("utf-8", "backslashreplace").decode()


def title_of(holder: Any, kind: str) -> str:
    """The title that a node has in a workflow; its type where there is none, or one that is no text."""
    title = holder.get("title") if isinstance(holder, dict) else None
    return title if isinstance(title, str) and title else str(kind)


def target_of(assignment: str, form: str = "--set takes NODE.INPUT=VALUE") -> tuple[str, str, str]:
    """Node, input and value of `NODE.INPUT=VALUE`. Raises `WorkflowError`, which begins with `form`."""
    target, equals, value = assignment.partition("=")
    name, _, key = target.rpartition(".")
    if not (equals and name and key):
        raise WorkflowError(f"{form}, got {assignment!r}")
    return name, key, value


@dataclass(frozen=True)
class Graph:
    """Calls by id, and the saved workflow they came from, if it was one.

    woken: nodes that were muted and run because they were named, as `3 (Your photo)`. muted: those that do not run.
    left_out: those of unknown types that are wired to nothing.
    """

    calls: dict[str, Call]
    saved: dict[str, Any] | None = None
    woken: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def set(self, assignment: str) -> None:
        """Apply `NODE.INPUT=VALUE`; NODE is a node's id or its title. Raises `WorkflowError`."""
        name, key, value = target_of(assignment)
        call = self.find(name)
        call.inputs[key] = value
        call.typed.add(key)

    def find(self, name: str) -> Call:
        """The call of that id, or of that title if only one has it. Raises `WorkflowError`."""
        if name in self.calls:
            return self.calls[name]
        titled = [c for c in self.calls.values() if c.title == name]
        if len(titled) == 1:
            return titled[0]
        there = ", ".join(f"{c.id} ({c.title})" for c in self.calls.values())
        there += f", and muted: {', '.join(self.muted)}" if self.muted else ""
        fault = f"{len(titled)} nodes are titled {name!r}; use an id" if titled else f"no node {name!r}"
        raise WorkflowError(f"{fault}; there are: {there}")

    def to_api(self) -> dict[str, Any]:
        """The graph in API format, as ComfyUI writes it into the pictures it saves."""
        return {
            c.id: {
                "class_type": c.kind,
                "inputs": {k: list(v) if isinstance(v, Link) else v for k, v in c.inputs.items()},
                "_meta": {"title": c.title},
            }
            for c in self.calls.values()
        }
