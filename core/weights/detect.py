"""Weight files of others: read without running anything in them, and told apart by the names inside."""

import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..backbones import BACKBONES
from ..backbones.record import Backbone, Layout, State
from ..errors import MonochromicError, WeightsError

DEPTH = 4  # of dicts in dicts, and of prefixes on prefixes
PREFIXES = ("generator_ema.", "g_ema.", "ema.", "generator.", "netG.", "G.", "module.")
AVERAGED = re.compile(r"(^|[._])(ema|avg|average|averaged)([._]|$)", re.IGNORECASE)


class Recognized(NamedTuple):
    """Whose weights some files hold, with the tensors under our names and the network that takes them."""

    backbone: Backbone
    layout: Layout
    tensors: dict[str, Tensor]
    network: nn.Module


class Match(NamedTuple):
    """The tensors of a layout found so far, by the prefix of the part they are; sources: what they came from."""

    backbone: Backbone
    layout: Layout
    parts: dict[str, State]
    sources: set[str]

    @property
    def state(self) -> dict[str, Tensor]:
        """All parts in one, under their prefixes."""
        return {prefix + name: value for prefix, part in self.parts.items() for name, value in part.items()}

    @property
    def lacking(self) -> list[str]:
        """Prefixes of parts of which nothing is there."""
        return [part for part in self.layout.parts if not any(name.startswith(part) for name in self.state)]

    def __str__(self) -> str:
        return f"{self.backbone.id} ({self.layout.id})"


def read_tensors(path: Path) -> Mapping[str, Any]:
    """What is in a .pth, .pt, .ckpt or .safetensors file: tensors by name, or dicts of them.

    Pickles are read by `torch.load(weights_only=True)` only, which runs nothing. Raises `WeightsError`.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old pickles, which either are read or not
            content = load_file(path) if head[8:9] == b"{" else torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise WeightsError(f"{path} is no whole safetensors file: {error}") from error
    except Exception as error:  # whatever a broken or malicious file provokes
        raise WeightsError(f"{path} is not read: {_fault(head, error)}") from error
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path} is not read: it holds a {type(content).__name__}, not tensors by name")
    return content


def identify(sources: Mapping[str, Mapping[str, Any]], backbone: str | None = None) -> Recognized:
    """Whose weights these are. sources: what each file holds, by its name. backbone: the only one to consider.

    Raises `WeightsError` for what no layout knows, for lacking or superfluous parts, and for weights that do
    not fit the network.
    """
    matches = find_matches(sources, backbone)
    whole = [match for match in matches if not match.lacking]
    if not whole:
        raise WeightsError(_why_not(sources, matches))
    chosen = max(whole, key=lambda match: len(match.sources))
    if idle := set(sources) - chosen.sources:
        raise WeightsError(f"{' and '.join(sorted(idle))} adds nothing to {chosen} of {' and '.join(chosen.sources)}")
    rivals = [match for match in whole if match.sources == chosen.sources]
    if len(rivals) > 1:
        raise WeightsError(f"{' and '.join(sources)} could be {' or '.join(map(str, rivals))}; it is not used")
    return _built(chosen)


def find_matches(sources: Mapping[str, Mapping[str, Any]], backbone: str | None = None) -> list[Match]:
    """Every layout that knows at least a part of the files, in the order of the registry."""
    states = [(name, state) for name, content in sources.items() for state in state_dicts(content)]
    matches = []
    for record in BACKBONES.values():
        for layout in record.layouts if backbone in (None, record.id) else ():
            match = Match(record, layout, {}, set())
            for name, state in states:
                prefix = layout.recognize(state)
                if prefix is not None and prefix not in match.parts:
                    match.parts[prefix] = state
                    match.sources.add(name)
            if match.parts:
                matches.append(match)
    return matches


def state_dicts(content: Mapping[str, Any]) -> list[dict[str, Tensor]]:
    """Every state dict inside, running averages first, out of its nestings and prefixes, as it stands last."""
    found = [pair for path, state in _nested(content, "", set()) for pair in _stripped(path, state)]
    return [state for _, state in sorted(found, key=lambda pair: AVERAGED.search(pair[0]) is None)]


def _nested(content: Mapping[str, Any], path: str, seen: set[int]) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Dicts with tensors by name, each with the way to it."""
    if id(content) in seen or path.count(".") > DEPTH:
        return
    seen.add(id(content))
    own = {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if own:
        yield path, own
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _nested(value, f"{path}{name}.", seen)


def _stripped(path: str, state: dict[str, Tensor], depth: int = 0) -> Iterator[tuple[str, dict[str, Tensor]]]:
    for prefix in PREFIXES if depth < DEPTH else ():
        inner = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        if inner:
            yield from _stripped(path + prefix, inner, depth + 1)
    yield path, state


def _built(match: Match) -> Recognized:
    for name, value in match.state.items():
        held = value.untyped_storage().nbytes() if value.layout == torch.strided and not value.is_meta else -1
        if value.is_quantized or held < value.numel() * value.element_size():
            raise WeightsError(f"{match}: {name} is no plain tensor; it is not used")
    try:
        with torch.inference_mode(False):
            ours = match.layout.convert(match.state)
            tensors = {k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in ours.items()}
            network = match.layout.build(tensors)
    except MonochromicError:  # such as a library that is not installed
        raise
    except Exception as error:  # names were right, but shapes or values are not
        reason = " ".join((str(error) or type(error).__name__).split())[:300]
        raise WeightsError(f"it has the names of {match}, but is not of it: {reason}") from error
    for name, value in tensors.items():
        if value.is_floating_point() and not value.isfinite().all():
            raise WeightsError(f"{match}: {name} has values that are not finite; it is not used")
    return Recognized(match.backbone, match.layout, tensors, network)


def _why_not(sources: Mapping[str, Mapping[str, Any]], matches: list[Match]) -> str:
    files = " and ".join(sources)
    if matches:
        return "; ".join(
            f"{files} lacks {', '.join(match.lacking)} of {match}; give that file too" for match in matches
        )
    states = [state for content in sources.values() for state in state_dicts(content)]
    if not states:
        return f"{files} has no tensors by name"
    largest = max(states, key=len)
    known = [f"{b.id} ({', '.join(layout.id for layout in b.layouts)})" for b in BACKBONES.values() if b.layouts]
    return (
        f"{files} is of none of the networks that are known: its tensors ({len(largest)}) begin with "
        f"{', '.join(list(largest)[:4])}; known are {', '.join(known) or 'none'}"
    )


def _fault(head: bytes, error: Exception) -> str:
    """Why torch did not read a file, without its advice to trust the file."""
    if head.startswith(b"version https://git-lfs"):
        return "it is a pointer of git LFS, not the file itself"
    if head.lstrip()[:1] == b"<":
        return "it is a web page, not weights"
    if not head:
        return "it is empty"
    text = str(error)
    if "TorchScript" in text:
        return "it is a TorchScript program, which would have to be run; get the plain weights"
    if named := re.search(r"GLOBAL (\w+(?:\.\w+)+)", text):
        return f"it holds more than tensors ({named[1]}), and reading that could run a program"
    if isinstance(error, pickle.UnpicklingError):
        return "it is broken, or holds more than tensors"
    return f"it is broken or no file of weights ({type(error).__name__})"
