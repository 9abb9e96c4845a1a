"""The photos of an experiment with their holes: of folders, or the free ones that scikit-image brings."""

from collections.abc import Iterator
from pathlib import Path

from cases import PHOTOS, photo, square
from experiments.frame import Case, Experiment, Plan
from torch import Tensor

FREE, SHOWN = "free photos", 1
SUFFIXES = (".png", ".jpg", ".jpeg")


def cases(experiment: Experiment, plan: Plan, folders: list[Path]) -> list[Case]:
    """All cases of an experiment; after those of folders, which may not be shown, free ones that do not count."""
    kinds = dict(_folders(folders, experiment.groups)) if folders else {}
    counted = [(name, _of_folder(paths, plan)) for name, paths in kinds.items()] or [(FREE, _free(plan, plan.photos))]
    found = [
        Case(_label(name, kind, len(counted)), file, image, draw(plan.side, 1000 * h + i), 1000 * h + i)
        for name, pictures in counted
        for kind, draw in experiment.holes.items()
        for i, (file, image) in enumerate(pictures)
        for h in range(plan.holes)
    ]
    if folders:
        found += [
            Case(kind or FREE, file, image, draw(plan.side, i), i, counted=False)
            for kind, draw in experiment.holes.items()
            for i, (file, image) in enumerate(_free(plan, SHOWN))
        ]
    return found


def _label(folder: str, kind: str, folders: int) -> str:
    return ", ".join(filter(None, (folder if folders > 1 or not kind else "", kind)))


def _folders(given: list[Path], groups: tuple[str, ...]) -> Iterator[tuple[str, list[Path]]]:
    """Each folder with pictures, by name: of those that are given, or one level below."""
    for folder in given:
        if not folder.is_dir():
            raise SystemExit(f"--photos must name folders, and {folder} is none; give one with pictures")
        below = [folder] if _pictures(folder) else sorted(p for p in folder.iterdir() if p.is_dir())
        below = [p for p in below if not groups or p.name in groups or len(below) == 1]
        if not any(map(_pictures, below)):
            wanted = f" in folders named {', '.join(groups)}" if groups else ""
            raise SystemExit(f"{folder} has no pictures{wanted}; give a folder of PNG or JPEG files")
        yield from ((p.name, _pictures(p)) for p in below if _pictures(p))


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)


def _of_folder(paths: list[Path], plan: Plan) -> list[tuple[str, Tensor]]:
    return [(path.name, _rounded(square(path, plan.side))) for path in paths[: plan.photos or None]]


def _rounded(image: Tensor) -> Tensor:
    """In 8 bits, as a file would have it."""
    return (image * 255).round() / 255


def _free(plan: Plan, count: int) -> list[tuple[str, Tensor]]:
    return [(name, photo(name, plan.side)) for name in PHOTOS[: count or None]]
