"""Make the pictures of the template dialog: on the left as it was, on the right as the graph makes it.

python workflows/thumbnails.py [NAME ...]
"""

import sys
import tempfile
from pathlib import Path

from monochromic.cli import main
from monochromic.core.io.images import save_picture
from PIL import Image

HERE = Path(__file__).parent
SIDE = 512  # pixels at most
BEFORE = {
    "restore_photo": "input/astronaut_scratched.png",
    "restore_without_mask": "input/astronaut_scratched.png",
    "remove_object": "input/rocket_tower.png",
    "finish_any_model": "input/rocket_other_model.jpg",
    "color_hint": "input/coffee_bleached.png",
    "restore_folder": "input/album/cameraman.jpg",
    "degrade_and_measure": "temp/*",  # what its first preview shows: the damaged photo
}
SPLIT = {"remove_object": 0.688, "finish_any_model": 0.688}  # of the width; elsewhere the middle


def thumbnail(name: str, out: Path) -> Image.Image:
    """The first picture that the graph saves, its left part as it was before; its files go to `out`."""
    main(["run", str(HERE / f"{name}.json"), "--out", str(out)])
    after = Image.open(min(p for p in out.rglob("*_00001_.png") if p.parent.name != "temp")).convert("RGB")
    if name in BEFORE:
        place = out if BEFORE[name].startswith("temp") else HERE
        before = min(place.glob(BEFORE[name]), key=lambda p: p.stat().st_mtime_ns)
        edge = round(after.width * SPLIT.get(name, 0.5))
        picture = Image.open(before).convert("RGB").resize(after.size, Image.Resampling.LANCZOS)
        after.paste(picture.crop((0, 0, edge, after.height)), (0, 0))
        after.paste((255, 255, 255), (edge - 2, 0, edge + 2, after.height))
    after.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return after


if __name__ == "__main__":
    for each in sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.json")):
        with tempfile.TemporaryDirectory() as folder:
            save_picture(thumbnail(each, Path(folder)), HERE / f"{each}.jpg", quality=85)
