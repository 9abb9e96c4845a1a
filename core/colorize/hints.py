"""Color hints from a file."""

from pathlib import Path

import torch

from ..errors import PictureError
from ..io.decode import load_photo
from ..io.files import read_text
from ..io.images import alpha_of
from ..io.opening import FilePath
from .guide import Guide, parse_points, parse_strokes

TEXTS = (".txt", ".csv", ".json")


def load_guide(path: FilePath, strength: float = 1.0) -> Guide:
    """Read color hints.

    Args:
        path: a picture with alpha, whose opaque pixels are hints; a text file of points (.txt, .csv), a line
            `x,y,#rrggbb[,radius]` each, see `parse_points`; or a JSON file of strokes, see `parse_strokes`.
        strength: how far hints reach, 0 to 10.

    Returns:
        The `Guide` for `restore` and `colorize`.

    Raises:
        InputError: for a line or a stroke that is none, or another strength.
        PictureError: for a file that cannot be read.
    """
    kind = Path(path).suffix.lower()
    if kind not in TEXTS:
        photo = load_photo(path)
        return Guide(torch.cat([photo.image.expand(-1, 3, -1, -1), alpha_of(photo)], dim=1), strength=strength)
    try:
        text = read_text(path)
    except (OSError, UnicodeError) as error:
        raise PictureError(f"cannot read the hints {path}: {error}") from error
    if kind == ".json":
        return Guide(strokes=parse_strokes(text), strength=strength)
    return Guide(points=parse_points(text), strength=strength)
