"""Weight files of ours: safetensors with our names, that say whose weights they are."""

from pathlib import Path

from ..backbones import get_backbone
from ..errors import MonochromicError, WeightsError
from .detect import DetectedNetwork, read_tensors
from .values import check_values


def read_own(path: Path, *, known: bool = False) -> DetectedNetwork | None:
    """Read a file that we wrote: one of the pack, a converted one, or what the trainer exported.

    Args:
        path: Of the file.
        known: That its sha256 is right, see `read_tensors`.

    Returns:
        The network, and what it is; None for a file that does not say so.

    Raises:
        UnknownNameError: where it says a backbone that there is not.
        WeightsError: for a file that is not what it says.
        DependencyError: where the network needs a package that is not installed.
    """
    metadata = read_metadata(path) if _is_safetensors(path) else {}
    if "monochromic" not in metadata:
        return None
    backbone, name = get_backbone(metadata.get("backbone", "")), metadata.get("layout")  # the first version's word
    variant = next((variant for variant in backbone.variants if variant.id == name), None)
    if variant is None:
        raise WeightsError(f"{path} is of {backbone.id} ({name}), which this version does not know")
    tensors = dict(read_tensors(path, known=known))
    check_values(tensors, path)
    try:
        return DetectedNetwork(backbone, variant, tensors, variant.build(tensors))
    except MonochromicError:  # such as a package that is not installed
        raise
    except (RuntimeError, KeyError, ValueError, IndexError) as error:
        raise WeightsError(
            f"{path} does not fit {backbone.id} ({variant.id}): {' '.join(str(error).split())}"
        ) from error


def _is_safetensors(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.suffix == ".safetensors" and file.read(9)[8:] == b"{"
    except OSError:  # `read_tensors` says why
        return False


def read_metadata(path: Path) -> dict[str, str]:
    """What a safetensors file says of itself.

    Args:
        path: Of the file.

    Returns:
        Its metadata; empty where it has none.

    Raises:
        WeightsError: for a file that is no complete safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is no whole safetensors file: {error}") from error
