"""Another program's picture of a photo, brought to the photo and colored from it: how much of its drift is left.

    python benchmarks/any_model.py FOLDER ... [--photos 30] [--fills] [--sheets FOLDER]
    python benchmarks/any_model.py --look

The other program's picture is simulated: the photo itself with a drift, so that the right answer is known. Each photo
gets one hole, brush strokes and blobs by turns, over a fifth of it. "without drift" is the same picture through our
color stage with the drift left out: what the blur, the JPEG file or the coloring cost. "Reinhard" is the picture with
the means and deviations of the photo's CIELAB planes outside the hole (Reinhard et al. 2001, "Color Transfer between
Images"), as the color match nodes of other packs do it, in place of our match. The step is the mean difference
of luminance across the rim of the hole, over that of the undamaged photo. "ideal" is the picture without its drift,
pasted: no color of its own can come nearer. With --fills real fills are taken, those of
OpenCV in color. --look draws `docs/any_model.jpg`: sky, skin, brick and film grain of free photos.
"""

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import (
    add_grain,
    chroma,
    ciede2000,
    colorize,
    composite,
    load_image,
    luminance,
    match_picture,
    psnr,
    random_hole,
    restore,
    save_image,
    to_rgb,
)
from monochromic.core.io.images import save_picture
from monochromic.core.io.sheet import mark_hole
from PIL import Image
from report import counted, table, write
from scipy import ndimage
from skimage import data
from skimage.color import lab2rgb, rgb2lab
from torch import Tensor

Random = np.random.Generator
COVERAGE = 0.2
SHEET = Path(__file__).parent.parent / "docs" / "any_model.jpg"
SHOWN = (("rocket", 130, 440, 0), ("astronaut", 134, 200, 0), ("brick", 256, 256, 0), ("camera", 90, 400, 9))
"""Free photos, the middle of a hole in each, and the level of noise as of film that it gets, of 255."""
WIDTH, RADIUS = 128, 28  # pixels: of what is shown around a hole, and of the hole


def gain(image: Tensor, random: Random) -> Tensor:
    return image * random.uniform(0.9, 1.1)


def offset(image: Tensor, random: Random) -> Tensor:
    return image + random.uniform(-0.05, 0.05)


def fields(image: Tensor, random: Random) -> Tensor:
    """A gain and an offset that change over the photo."""
    return image * _field(image, random, 0.9, 1.1) + _field(image, random, -0.05, 0.05)


def hue(image: Tensor, random: Random) -> Tensor:
    """Chroma turned by up to 12 degrees, and channels scaled by up to 5 %, which changes luminance too."""
    angle = np.deg2rad(random.uniform(-12, 12))
    cb, cr = chroma(image).split(1, dim=1)
    turned = torch.cat([np.cos(angle) * cb - np.sin(angle) * cr, np.sin(angle) * cb + np.cos(angle) * cr], dim=1)
    scales = torch.from_numpy(random.uniform(0.95, 1.05, (1, 3, 1, 1))).float()
    return to_rgb(luminance(image), turned.float()).clamp(0, 1) * scales


def softened(image: Tensor) -> Tensor:
    """About what a VAE that works at an eighth of the size takes away."""
    blurred = cv2.GaussianBlur(_to_array(image), (0, 0), 0.7)
    return torch.from_numpy(blurred).permute(2, 0, 1)[None]


def jpeg(image: Tensor, quality: int = 90) -> Tensor:
    file = io.BytesIO()
    Image.fromarray((_to_array(image) * 255).round().astype(np.uint8)).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)[None].float() / 255


def shifted(image: Tensor) -> Tensor:
    """By one pixel to the right."""
    return torch.cat([image[..., :1], image[..., :-1]], dim=-1)


def smaller(image: Tensor) -> Tensor:
    """At sides that are multiples of 64, as some programs give it."""
    size = [max(64, (side - 1) // 64 * 64) for side in image.shape[-2:]]
    return F.interpolate(image, size, mode="bicubic", antialias=True).clamp(0, 1)


def same(image: Tensor) -> Tensor:
    return image


Change = Callable[[Tensor, Random], Tensor]
Loss = Callable[[Tensor], Tensor]
Case = tuple[Change, Loss, Loss]
DRIFTS: dict[str, Case] = {
    "gain 0.9 to 1.1": (gain, same, same),
    "offset to 0.05": (offset, same, same),
    "smooth fields of both": (fields, same, same),
    "hue and channels": (hue, same, same),
    "fields, hue, softened, JPEG": (lambda i, r: hue(fields(i, r).clamp(0, 1), r), lambda i: jpeg(softened(i)), same),
    "the same, shifted by 1 pixel": (
        lambda i, r: hue(fields(i, r).clamp(0, 1), r),
        lambda i: jpeg(softened(i)),
        shifted,
    ),
    "fields, at multiples of 64": (fields, smaller, same),
}
"""What is to be taken off, what cannot be, and a shift."""


def _field(image: Tensor, random: Random, low: float, high: float) -> Tensor:
    values = torch.from_numpy(random.uniform(low, high, (1, 1, 3, 3))).float()
    return F.interpolate(values, image.shape[-2:], mode="bicubic", align_corners=True)


def _to_array(image: Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).contiguous().numpy()


def rim_step(light: Tensor, hole: Tensor) -> float:
    """Mean difference of luminance between neighbors of which one lies in the hole."""
    steps = []
    for dim in (-2, -1):
        one, other = (t.narrow(dim, 0, t.shape[dim] - 1) for t in (light, hole))
        next_one, next_other = (t.narrow(dim, 1, t.shape[dim] - 1) for t in (light, hole))
        steps.append((one - next_one).abs()[other != next_other])
    return torch.cat(steps).mean().item()


def cases(folders: list[Path], count: int) -> list[tuple[str, Tensor, Tensor]]:
    """As many photos of each folder, with strokes and blobs by turns."""
    found = []
    for folder in folders:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
        for i, path in enumerate(paths[:count]):
            image = load_image(path).expand(-1, 3, -1, -1).contiguous()
            kind = "free_form" if i % 2 else "blob"
            found.append((path.name, image, random_hole(kind, *image.shape[-2:], COVERAGE, seed=i).bool()))
    return found


def as_before(image: Tensor, picture: Tensor, hole: Tensor) -> Tensor:
    """The same without match: what a picture of another size was refused for is resized."""
    return colorize(image, luminance(sized(picture, image)), hole)


def sized(picture: Tensor, image: Tensor) -> Tensor:
    """The picture at the size of the photo."""
    if picture.shape[-2:] == image.shape[-2:]:
        return picture
    return F.interpolate(picture, image.shape[-2:], mode="bicubic", antialias=True).clamp(0, 1)


def reinhard(picture: Tensor, image: Tensor, hole: Tensor) -> Tensor:
    """The picture with the means and deviations that the photo's CIELAB planes have outside the hole."""
    known = ~hole[0, 0].numpy()
    theirs, ours = (rgb2lab(_to_array(each)) for each in (picture, image))
    mean, deviation = theirs[known].mean(0), theirs[known].std(0).clip(min=1e-6)
    matched = (theirs - mean) / deviation * ours[known].std(0) + ours[known].mean(0)
    return torch.from_numpy(lab2rgb(matched).clip(0, 1)).float().permute(2, 0, 1)[None]


def measure(case: Case, image: Tensor, hole: Tensor, seed: int) -> tuple[list[float], list[Tensor]]:
    """PSNR without drift, with it before, by Reinhard and now; steps pasted and now; color errors as in the table."""
    change, loss, grid = case
    picture = grid(loss(change(image, np.random.default_rng(seed)).clamp(0, 1)))
    clean, before = (as_before(image, each, hole) for each in (loss(image), picture))
    matched = match_picture(image, picture, hole)
    pasted, ideal = (composite(sized(each, image), image, hole) for each in (picture, loss(image)))
    now = colorize(image, matched.gray, hole)
    peer = composite(reinhard(sized(picture, image), image, hole), image, hole)
    colored = colorize(image, luminance(peer), hole)
    scores = [psnr(each, image, hole).item() for each in (clean, before, colored, now)]
    wanted = rim_step(luminance(image), hole)
    steps = [rim_step(luminance(each), hole) / wanted for each in (pasted, now)]
    colors = [ciede2000(each, image, hole).item() for each in (pasted, before, now, peer, matched.image, ideal)]
    return [*scores, *steps, *colors], [pasted, before, now, matched.image]


def drift_table(photos: list[tuple[str, Tensor, Tensor]], sheets: Path | None) -> str:
    rows = []
    for name, case in DRIFTS.items():
        found = []
        for i, (photo, image, hole) in enumerate(photos):
            numbers, pictures = measure(case, image, hole, i)
            found.append(numbers)
            if sheets:
                gray = torch.where(hole, torch.tensor(1.0), luminance(image)).expand(-1, 3, -1, -1)
                place = sheets / f"{name.replace(' ', '_').replace(',', '')}_{Path(photo).stem}.png"
                save_image(torch.cat([image, gray, *pictures], dim=3), place)
        values = np.array(found)
        clean, before, peer, now, *rest = values.mean(0)
        rows.append([name, *(f"{v:.2f}" for v in (clean, before, peer, now, clean - now, *rest))])
        print(rows[-1], file=sys.stderr)
    heading = ["drift", "without drift, dB", "with it, before, dB", "Reinhard, dB", "now, dB", "lost, dB"]
    steps, colors = ["step pasted", "step now"], ["before", "now", "Reinhard", "now, its own colors", "ideal"]
    return table([*heading, *steps, "CIEDE2000 pasted", *colors], rows)


def fill_table(photos: list[tuple[str, Tensor, Tensor]]) -> str:
    """Real fills in color, by OpenCV as other packs have them: pasted, and as gray of our color stage."""
    rows = []
    for name, method in (("Telea", cv2.INPAINT_TELEA), ("Navier-Stokes", cv2.INPAINT_NS)):
        found = []
        for _, image, hole in photos:
            array = (_to_array(image) * 255).round().astype(np.uint8)
            filled = cv2.inpaint(array, hole[0, 0].numpy().astype(np.uint8), 3, method)
            picture = torch.from_numpy(filled).permute(2, 0, 1)[None].float() / 255
            result = colorize(image, match_picture(image, picture, hole).gray, hole)
            found.append([ciede2000(each, image, hole).item() for each in (picture, result)])
        pasted, now = np.array(found).T
        rows.append([name, f"{pasted.mean():.2f}", f"{now.mean():.2f}", f"{(now < pasted).mean():.0%}"])
    return table(["fill", "CIEDE2000 pasted", "colored by us", "better on"], rows)


def shown(name: str, row: int, column: int, level: int) -> Tensor:
    """A photo with its hole, another model's picture in it, `colors` and `brightness`, our fill, and the photo."""
    pixels = np.array(getattr(data, name)()).astype(np.float32) / 255
    random = np.random.default_rng(1)
    noise = ndimage.gaussian_filter(random.standard_normal(pixels.shape[:2]), 0.7)
    pixels = np.atleast_3d(pixels) + np.atleast_3d(level / 255 * noise / noise.std())
    image = torch.from_numpy(pixels).float().clamp(0, 1).permute(2, 0, 1)[None].expand(-1, 3, -1, -1).contiguous()
    y, x = (torch.arange(n) - middle for n, middle in zip(image.shape[-2:], (row, column), strict=True))
    hole = ((y[:, None] / RADIUS) ** 4 + (x / RADIUS) ** 4 < 1)[None, None]
    change, loss, _ = DRIFTS["fields, hue, softened, JPEG"]
    picture = loss(change(image, random).clamp(0, 1))
    found = match_picture(image, picture, hole)
    finished = add_grain(found.image, hole), colorize(image, add_grain(found.gray, hole), hole)
    parts = mark_hole(image, hole.float()), composite(picture, image, hole), *finished, restore(image, hole), image
    top, left = row - WIDTH // 2, column - WIDTH // 2
    return torch.cat([part[..., top : top + WIDTH, left : left + WIDTH] for part in parts], dim=3)


def draw() -> None:
    """Write the sheet at twice its size."""
    sheet = torch.cat([shown(*each) for each in SHOWN], dim=2)
    large = F.interpolate(sheet, scale_factor=2, mode="nearest")
    save_picture(Image.fromarray((_to_array(large) * 255).round().astype(np.uint8)), SHEET, quality=80)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--photos", type=int, default=30, help="of each folder")
    parser.add_argument("--fills", action="store_true", help="real fills in place of simulated drifts")
    parser.add_argument("--sheets", type=Path, help="where to write the pictures side by side")
    parser.add_argument("--look", action="store_true", help="draw the sheet of free photos")
    options = parser.parse_args()
    if options.look:
        draw()
        return
    if not options.folders:
        parser.error("name a folder of photos, or give --look")
    photos = cases(options.folders, options.photos)
    about = f"{counted(len(photos), 'photo')} of {', '.join(folder.name for folder in options.folders)}."
    if options.fills:
        write("any_model_fills", "Fills of other programs, colored by us", about, fill_table(photos))
    else:
        write("any_model", "Another program's picture as gray", about, drift_table(photos, options.sheets))


if __name__ == "__main__":
    main()
