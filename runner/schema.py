"""What a node class says of its inputs, in the terms that both formats and the checks need."""

from collections.abc import Mapping
from typing import Any, NamedTuple

WIDGETS = ("INT", "FLOAT", "STRING", "BOOLEAN")
VALUES = (*WIDGETS, "COMBO", "*")  # types that a value can be set for; the others come from another node
Classes = Mapping[str, type[Any]]


class Input(NamedTuple):
    """One input: its type (a name, or "COMBO"), its choices if any, its options, whether it must be there."""

    name: str
    kind: str
    choices: list[Any] | None
    options: dict[str, Any]
    required: bool

    @property
    def is_widget(self) -> bool:
        """Whether the front end draws a widget for it, whose value a saved workflow holds by position."""
        return (self.kind in WIDGETS or self.choices is not None) and not self.options.get("forceInput")

    @property
    def default(self) -> Any:
        """The value that a fresh widget shows."""
        if "default" in self.options or self.choices is None:
            return self.options.get("default", {"STRING": "", "BOOLEAN": False}.get(self.kind, 0))
        return self.choices[0] if self.choices else None


def inputs_of(node: type[Any]) -> dict[str, Input]:
    """The inputs of a node class by name, required ones first."""
    found = {}
    for section, required in (("required", True), ("optional", False)):
        for name, (kind, *rest) in node.INPUT_TYPES().get(section, {}).items():
            choices = kind if isinstance(kind, list) else None
            found[name] = Input(
                name, "COMBO" if choices is not None else kind, choices, rest[0] if rest else {}, required
            )
    return found


def widget_slots(node: type[Any]) -> list[str | None]:
    """Input names in the order of a saved node's `widgets_values`; None for a value that is no input.

    The front end adds a value after a seed (what to do with it after a run), and one for the upload
    button after the required inputs.
    """
    slots: list[str | None] = []
    inputs = inputs_of(node).values()
    for part in (True, False):
        for entry in (i for i in inputs if i.required == part and i.is_widget):
            slots.append(entry.name)
            if entry.options.get("control_after_generate", entry.name in ("seed", "noise_seed")):
                slots.append(None)
        if part and any(i.options.get("image_upload") for i in inputs):
            slots.append(None)
    return slots
