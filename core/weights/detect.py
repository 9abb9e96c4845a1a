"""Weight files of others: read without running anything in them, and told apart by the names inside."""

import pickle
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..backbones import BACKBONES
from ..backbones.record import Backbone, InpaintNetwork, State, Variant
from ..errors import MonochromicError, WeightsError
from .pickles import within_limits
from .torchscript import is_torchscript, read_torchscript
from .values import check_values

DEPTH = 4  # of dicts in dicts, and of prefixes on prefixes
PREFIXES = ("generator_ema.", "g_ema.", "ema.", "generator.", "netG.", "G.", "module.")
AVERAGED = re.compile(r"(^|[._])(ema|avg|average|averaged)([._]|$)", re.IGNORECASE)


class DetectedNetwork(NamedTuple):
    """Whose weights some files hold.

    Attributes:
        backbone: The record.
        variant: Of the backbone.
        tensors: By our names.
        network: The network that they are of, with them.
    """

    backbone: Backbone
    variant: Variant
    tensors: dict[str, Tensor]
    network: InpaintNetwork


class Match(NamedTuple):
    """The files that a variant knows.

    Attributes:
        backbone: The record.
        variant: Of the backbone.
        parts: The authors' tensors, by the prefix that `variant.detect` gave them.
        sources: Names of the files that they came from.
    """

    backbone: Backbone
    variant: Variant
    parts: dict[str, State]
    sources: set[str]

    @property
    def state(self) -> dict[str, Tensor]:
        """All parts in one, under their prefixes."""
        return {prefix + name: value for prefix, part in self.parts.items() for name, value in part.items()}

    @property
    def missing(self) -> list[str]:
        """Prefixes of parts of which nothing is there."""
        return [part for part in self.variant.parts if not any(name.startswith(part) for name in self.state)]

    def __str__(self) -> str:
        return f"{self.backbone.id} ({self.variant.id})"


def read_tensors(path: Path, *, known: bool = False) -> Mapping[str, Any]:
    """Read a .pth, .pt, .ckpt or .safetensors file.

    Pickles are read by `torch.load(weights_only=True)` only, which runs nothing; of TorchScript the tensors alone.

    Args:
        path: Of the file.
        known: That its sha256 is right, so that it takes no more time and memory than such files do; see `pickles.py`.

    Returns:
        Tensors by name, or dicts of them.

    Raises:
        WeightsError: for a file that is missing, broken, or holds more than tensors.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        content = load_file(path) if head[8:9] == b"{" else within_limits(_load_pickle, path, trial=not known)
    except SafetensorError as error:
        raise WeightsError(f"{path} is no whole safetensors file: {error}") from error
    except WeightsError as error:
        raise WeightsError(f"{path} is not read: {error}") from error
    except Exception as error:  # whatever a broken or malicious file provokes
        raise WeightsError(f"{path} is not read: {_fault(head, error)}") from error
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path} is not read: it holds a {type(content).__name__}, not tensors by name")
    return content


def _load_pickle(path: Path) -> Any:
    return read_torchscript(path) if is_torchscript(path) else torch.load(path, map_location="cpu", weights_only=True)


def detect(sources: Mapping[str, Mapping[str, Any]], backbone: str | None = None) -> DetectedNetwork:
    """Find out whose weights some files hold, and build their network.

    Args:
        sources: What each file holds, by its name.
        backbone: Id of the only backbone to consider; None for all.

    Returns:
        The network, and what it is.

    Raises:
        WeightsError: for what no variant knows, for missing or superfluous parts, and for weights that do not fit the
            network.
        DependencyError: where the network needs a package that is not installed.
    """
    matches = find_matches(sources, backbone)
    complete = [match for match in matches if not match.missing]
    if not complete:
        raise WeightsError(_why_not(sources, matches))
    best = max(complete, key=lambda match: len(match.sources))
    if unused := set(sources) - best.sources:
        raise WeightsError(f"{' and '.join(sorted(unused))} adds nothing to {best} of {' and '.join(best.sources)}")
    rivals = [match for match in complete if match.sources == best.sources]
    if len(rivals) > 1:
        raise WeightsError(f"{' and '.join(sources)} could be {' or '.join(map(str, rivals))}; it is not used")
    return _build(best)


def find_matches(sources: Mapping[str, Mapping[str, Any]], backbone: str | None = None) -> list[Match]:
    """Every variant that knows at least a part of the files.

    Args:
        sources: What each file holds, by its name.
        backbone: Id of the only backbone to consider; None for all.

    Returns:
        In the order of the registry.
    """
    states = [(name, state) for name, content in sources.items() for state in state_dicts(content)]
    matches = []
    for record in BACKBONES.values():
        for variant in record.variants if backbone in (None, record.id) else ():
            match = Match(record, variant, {}, set())
            for name, state in states:
                prefix = variant.detect(state)
                if prefix is not None and prefix not in match.parts:
                    match.parts[prefix] = state
                    match.sources.add(name)
            if match.parts:
                matches.append(match)
    return matches


def state_dicts(content: Mapping[str, Any]) -> list[dict[str, Tensor]]:
    """Every state dict in a file, without the dicts and prefixes around it.

    Args:
        content: Of the file.

    Returns:
        Running averages first; each state dict also as it is, after those without its prefix.
    """
    pairs = [pair for path, state in _nested(content, "", set()) for pair in _stripped(path, state)]
    return [state for _, state in sorted(pairs, key=lambda pair: AVERAGED.search(pair[0]) is None)]


def _nested(content: Mapping[str, Any], path: str, seen: set[int]) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Dicts with tensors by name, each with the way to it."""
    if id(content) in seen or path.count(".") > DEPTH:
        return
    seen.add(id(content))
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if tensors:
        yield path, tensors
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _nested(value, f"{path}{name}.", seen)


def _stripped(path: str, state: dict[str, Tensor], depth: int = 0) -> Iterator[tuple[str, dict[str, Tensor]]]:
    for prefix in PREFIXES if depth < DEPTH else ():
        inner = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        if inner:
            yield from _stripped(path + prefix, inner, depth + 1)
    yield path, state


def _build(match: Match) -> DetectedNetwork:
    for name, value in match.state.items():
        stored = value.untyped_storage().nbytes() if value.layout == torch.strided and not value.is_meta else -1
        if value.is_quantized or stored < value.numel() * value.element_size():
            raise WeightsError(f"{match}: {name} is no plain tensor; it is not used")
    check_values(match.state, match)
    try:
        with torch.inference_mode(False):
            ours = match.variant.convert(match.state)
            tensors = {k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in ours.items()}
            network = match.variant.build(tensors)
    except MonochromicError:  # such as a package that is not installed
        raise
    except Exception as error:  # names were right, but shapes or values are not
        reason = " ".join((str(error) or type(error).__name__).split())[:300]
        raise WeightsError(f"it has the names of {match}, but is not of it: {reason}") from error
    check_values(tensors, match)
    return DetectedNetwork(match.backbone, match.variant, tensors, network)


def _why_not(sources: Mapping[str, Mapping[str, Any]], matches: list[Match]) -> str:
    files = " and ".join(sources)
    if matches:
        return "; ".join(
            f"{files} lacks {', '.join(match.missing)} of {match}; give that file too" for match in matches
        )
    states = [state for content in sources.values() for state in state_dicts(content)]
    if not states:
        return f"{files} has no tensors by name"
    largest = max(states, key=len)
    known = [f"{b.id} ({', '.join(variant.id for variant in b.variants)})" for b in BACKBONES.values() if b.variants]
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
    if match := re.search(r"GLOBAL (\w+(?:\.\w+)+)", text):
        return f"it holds more than tensors ({match[1]}), and reading that could run a program"
    if isinstance(error, pickle.UnpicklingError):
        return "it is broken, or holds more than tensors"
    return f"it is broken or no file of weights ({type(error).__name__})"
