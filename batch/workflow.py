"""A ComfyUI workflow as the work of a batch: run anew for each photo, with what it saves named after the photo."""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from ..core.errors import WorkflowError
from ..core.host.host import using_host
from ..core.io.files import write_bytes
from ..core.weights.manifest import all_entries
from ..nodes import NODE_CLASS_MAPPINGS
from ..runner.comfy_nodes import HOST_CLASSES
from ..runner.execute import execute
from ..runner.graph import Graph
from ..runner.load import load_graph
from .job import digest
from .journal import Outcome, Task
from .places import store

CLASSES = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}
ENDING = ".png"  # of all that SaveImage writes

Saved = tuple[tempfile.TemporaryDirectory[str], list[Path]]


@dataclass(frozen=True)
class WorkflowJob:
    """Run a workflow for each photo.

    Attributes:
        out: folder of the results, a path or a URL.
        workflow: the file.
        target: the input that takes the photo, `NODE.INPUT`.
        assignments: `NODE.INPUT=VALUE`, the same for all.
        inputs: folders where the workflow looks for other pictures.
    """

    out: str
    workflow: str
    target: str
    assignments: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    reserved: ClassVar = re.compile(r"\+[0-9]+$")  # of the names of further pictures

    def load(self) -> None:
        """Nothing: the nodes load what they need, once."""

    def graph(self, photo: str) -> Graph:
        """The workflow with a photo in its place. Raises `WorkflowError`."""
        return load_graph(self.workflow, CLASSES, [*self.assignments, f"{self.target}={photo}"])

    def decode(self, files: Mapping[str, str]) -> Graph:
        """Read the workflow; its nodes read the photo."""
        return self.graph(files["photo"])

    def work(self, decoded: Graph, files: Mapping[str, str]) -> Saved:
        """Run it, into a folder of its own."""
        folder = tempfile.TemporaryDirectory(prefix="monochromic-")
        saved: list[Path] = []

        def show(call: Any, shown: dict[str, Any]) -> None:
            for image in shown.get("images", ()):
                if image["type"] == "output":
                    saved.append(Path(folder.name, image["subfolder"], image["filename"]))

        named = frozenset([files["photo"], *(text.partition("=")[2] for text in self.assignments)])
        inputs = tuple(map(Path, self.inputs))
        with using_host(input_folders=inputs, named_files=named, output_folder=Path(folder.name), show=None):
            execute(decoded, CLASSES, show, lambda call: None)
        return folder, saved

    def encode(self, task: Task, decoded: Graph, result: Saved) -> Outcome:
        """Bring what was saved to its place; of several pictures the further ones are called `a+2.png`."""
        folder, saved = result
        with folder:
            if not saved:
                raise WorkflowError("the workflow saved no picture; it needs a SaveImage node that is not muted")
            path = PurePosixPath(task.out)
            for number, file in reversed([*enumerate(saved, 1)]):  # the first, which says that all is there, last
                data = file.read_bytes()
                name = path if number == 1 else path.with_name(f"{path.stem}+{number}{ENDING}")
                store(f"{self.out}/{name}", lambda place, data=data: write_bytes(data, place))  # type: ignore[misc]
        return Outcome("done")

    def places(self) -> list[str]:
        """That of the results."""
        return [self.out]

    def settings(self) -> str:
        """A hash of the workflow, of what is set in it, and of all weights."""
        content = hashlib.sha256(Path(self.workflow).read_bytes()).hexdigest()
        weights = sorted(f"{entry.id} {entry.sha256}" for entry in all_entries().values())
        return digest([content, self.target, self.assignments, weights])
