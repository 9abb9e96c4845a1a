"""Seconds and memory of every backbone by the size of the photo; a tenth of it is hole, under strokes.

    python benchmarks/backbones.py [--only NAME ...] [--sides 256 512 1024] [--runs 3]
    python benchmarks/backbones.py --picture    # only draws docs/backbones.jpg

Networks have new random weights, at the width of the published ones. The photo goes through at once, as one crop.
Each case runs in a process of its own; its memory is the highest over what the process had before the network was
made, with the network. Then each network runs at 512 x 512 by itself, with weights and features in torch's own
order of memory and with channels last, in turn. At last, 25 MB of weights are loaded.
"""

import argparse
import copy
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from cases import photo
from color_cost import peak
from monochromic.core import BACKBONES, DependencyError, colorize, fill, load_hole, load_image, luminance, random_hole
from monochromic.core.backbones import lama, mat
from monochromic.core.backbones.loaded import Model
from monochromic.core.backbones.optional import optional_import
from monochromic.core.io.files import hash_file
from monochromic.core.io.sheet import mark_hole
from monochromic.core.weights import WeightFile, data_folder
from monochromic.core.weights.convert import describe, save_weights
from monochromic.core.weights.load import clear, load_network
from monochromic.core.weights.select import readiness
from PIL import Image, ImageDraw, ImageFont
from report import table, write
from torch import Tensor, nn

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "backbones.jpg"
WIDTHS = {  # where a network is narrowest; the published one, or ours where none was published
    "mono": {"monochromic": 24},
    "lama": {"spandrel": 64},
    "mat": {"spandrel": 0},  # of one size
    "aot_gan": {"mmagic": 64},  # researchmm is the same under other names
    "deepfill_v2": {"tf": 12, "pytorch": 12, "mmagic": 12, "zhaoyuzhi": 64, "zhaoyuzhi_gray": 64},
    "deepfill_v1": {"daa233": 16, "mmagic": 16},
    "coarse_refine": {"monochromic": 16},
    "edge_connect": {"knazeri": 64},
    "gmcnn": {"shepnerd": 16},
    "partial_conv": {"naoto0804": 64},  # mmagic has one bias more
    "glcic": {"otenim": 32, "mmagic": 32},
    "pggan": {"monochromic": 64},
    "context_encoder": {"boyuanjiang": 64},
    "autoencoder": {"monochromic": 32},
    "shift_net": {"zhaoyi_yan": 64},
    "mlp": {"monochromic": 384},
}
LIBRARIES = {"lama": lama.SPANDREL, "mat": mat.PACKAGE}
COMPARED = 512  # side of the photo for the comparison of memory formats
FASTER = 1.1
KEPT_ALIVE = []


def lacking(backbone: str) -> str:
    """Why a backbone cannot run here; "" if it can."""
    if backbone not in LIBRARIES:
        return ""
    declare_operators()
    try:
        optional_import(LIBRARIES[backbone], backbone)
    except DependencyError as error:
        return "not installed" if isinstance(error.__cause__, ModuleNotFoundError) else "does not import"
    return ""


def declare_operators() -> None:
    """Declare what torchvision lacks beside a torch that it was not made for; no network here calls it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("torchvision")
    except ModuleNotFoundError:
        return
    except RuntimeError:
        operators = torch.library.Library("torchvision", "DEF")
        operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        KEPT_ALIVE.append(operators)


def made(name: str, variant_id: str) -> Model:
    """A backbone, its network with new weights. name: its id. variant_id: "" for one without weights."""
    backbone = BACKBONES[name]
    if not variant_id:
        return Model(backbone)
    variant = next(variant for variant in backbone.variants if variant.id == variant_id)
    torch.manual_seed(0)
    channels = (1, 1) if variant_id == "zhaoyuzhi_gray" else (3, 3)
    network = variant.fresh(channels, WIDTHS[name][variant_id]).eval().requires_grad_(False)
    return Model(backbone, variant, network)


def case(side: int) -> tuple[Tensor, Tensor]:
    return photo("astronaut", side), random_hole("free_form", side, side, 0.1, seed=0)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cost(name: str, variant: str, side: int, runs: int) -> dict[str, float | str]:
    """Seconds of the gray stage, and memory in GB."""
    if why := lacking(name):
        return {"fault": why}
    image, hole = case(side)
    rest = peak()
    model = made(name, variant)

    def run() -> None:
        fill(image, hole, model, context=side, max_side=side)

    run()
    times = [seconds(run) for _ in range(runs)]
    return {"seconds": statistics.median(times), "memory": peak() - rest}


def channels_last(network: nn.Module) -> nn.Module:
    """The network with its weights so; `Module.to` does not take one that has tensors of five dimensions."""
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.dim() == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    return network


def formats(name: str, variant: str, side: int, runs: int) -> dict[str, float | str]:
    """Seconds of the network alone in torch's own order of memory, and with channels last."""
    if why := lacking(name):
        return {"fault": why}
    model = made(name, variant)
    image, hole = case(side)
    image = luminance(image).expand(-1, model.network.channels[0], -1, -1) * (1 - hole)
    networks = [model.network, channels_last(copy.deepcopy(model.network))]
    images = [image.contiguous(), image.contiguous(memory_format=torch.channels_last)]
    times: list[list[float]] = [[], []]
    with torch.inference_mode():
        for _ in range(1 + runs):  # the first is the warm-up
            for i in range(2):
                times[i].append(seconds(lambda i=i: model.variant.fill(networks[i], images[i], hole > 0)))
    own, last = (statistics.median(found[1:]) for found in times)
    return {"own": own, "last": last, "size": sum(t.numel() for t in model.network.state_dict().values()) * 4 / 1e6}


def loading(name: str, variant: str, side: int, runs: int) -> dict[str, float]:
    """Seconds until a network is ready: its file never seen before, in memory already, seen and checked before."""
    model = made(name, variant)
    with tempfile.TemporaryDirectory() as home:
        os.environ["MONOCHROMIC_HOME"] = home
        path = data_folder() / "weights" / "benchmark.safetensors"
        told = {"license": "MIT", "source": "benchmarks/backbones.py"}
        save_weights(path, model.network.state_dict(), describe(model.backbone, model.variant, model.network, **told))
        size = path.stat().st_size
        whose = {"backbone": name, "variant": variant, "channels": "RGB", "trained_on": "nothing"}
        row = WeightFile("benchmark", filename=path.name, sha256=hash_file(path), size=size, **whose, **told)
        first, second = seconds(lambda: load_network(row)), seconds(lambda: load_network(row))
        clear()
        return {"first": first, "second": second, "checked": seconds(lambda: load_network(row)), "size": size / 1e6}


TASKS = {"cost": cost, "formats": formats, "loading": loading}


def child(task: str, name: str, variant: str, side: int, runs: int) -> dict[str, float | str]:
    """What a task finds in a process of its own; {"fault": why} where it fails."""
    command = [sys.executable, __file__, "--runs", str(runs), "--one", task, name, variant, str(side)]
    print(f"{task} {name} {variant} {side}", file=sys.stderr, flush=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    print(done.stderr, file=sys.stderr)
    return {"fault": "killed" if done.returncode < 0 else "fails"}  # killed: mostly for its memory


def cells(found: dict[str, float | str], *keys: str) -> list[str]:
    """The numbers of a result, or why there are none."""
    if "fault" in found:
        return [found["fault"], *[""] * (len(keys) - 1)]
    return [f"{found[key]:.2f}" for key in keys]


def costs(networks: list[tuple[str, str]], sides: list[int], runs: int) -> str:
    heading = ["backbone"]
    for side in sides:
        heading += [f"{side} x {side}, s", "GB"]
    rows = []
    for name, variant in networks:
        found = [child("cost", name, variant, side, runs) for side in sides]
        numbers = [cell for each in found for cell in cells(each, "seconds", "memory")]
        rows.append([titled(name, variant), *numbers])
    return table(heading, rows)


def comparison(networks: list[tuple[str, str]], runs: int) -> tuple[str, str]:
    """The table of memory formats, and what follows from it."""
    rows, ratios = [], []
    for name, variant in networks:
        found = child("formats", name, variant, COMPARED, runs)
        if "fault" not in found:
            found["ratio"] = found["own"] / found["last"]
            ratios.append(found["ratio"])
        rows.append([titled(name, variant), *cells(found, "size", "own", "last", "ratio")])
    count = sum(ratio >= FASTER for ratio in ratios)
    most = "most" if 2 * count > len(ratios) else "no more than half"
    verdict = f"Channels last is at least {FASTER} times as fast for {count} of {len(ratios)} networks: {most} of them."
    return table(["network", "MB at 32 bits", "own order, s", "channels last, s", "times as fast"], rows), verdict


def load_report(runs: int) -> str:
    found = child("loading", "glcic", "mmagic", 0, runs)
    if "fault" in found:
        return f"Loading: {found['fault']}."
    return (
        f"A network of {found['size']:.1f} MB of weights (`glcic`, `mmagic`), its file in the system's cache, is ready "
        f"after {found['first']:.2f} s the first time, its sha256 checked; after {found['checked']:.2f} s in a later "
        f"process, which trusts the file's size and time stamp; and after {found['second'] * 1e3:.1f} ms on the second "
        "call, from memory."
    )


def titled(name: str, variant: str) -> str:
    return f"`{name}` ({variant})" if len(BACKBONES[name].variants) > 1 else f"`{name}`"


def draw_picture() -> None:
    """The shipped photo filled by each backbone that can run here, in gray and in color, beside the undamaged."""
    folder = ROOT / "workflows" / "input"
    image = load_image(folder / "astronaut_scratched.png")
    hole = load_hole(folder / "astronaut_scratches.png", like=image)
    cells = {"the hole, the undamaged photo": [mark_hole(image, hole), load_image(folder / "astronaut.png")]}
    for name in [name for name, backbone in BACKBONES.items() if readiness(backbone)[0] == 0]:
        gray = fill(image, hole, name)
        cells[name] = [gray, colorize(image, gray, hole)]
    top, left, side, gap, line, columns = 190, 40, 250, 10, 26, 6
    high = line + 2 * (side + gap)
    sheet = Image.new("RGB", (gap + columns * (side + gap), -(-len(cells) // columns) * high), (250, 250, 250))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for i, (title, pictures) in enumerate(cells.items()):
        x, y = gap + i % columns * (side + gap), i // columns * high
        draw.text((x, y + 4), title, (24, 24, 24), font)
        for j, picture in enumerate(pictures):
            cut = picture[0, :, top : top + side, left : left + side].expand(3, -1, -1)
            pixels = (cut * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
            sheet.paste(Image.fromarray(pixels), (x, y + line + j * (side + gap)))
    sheet.save(PICTURE, quality=85, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", default=list(BACKBONES), choices=BACKBONES, metavar="NAME")
    parser.add_argument("--sides", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--picture", action="store_true", help="only draw docs/backbones.jpg")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        task, name, variant, side = options.one
        print(json.dumps(TASKS[task](name, variant, int(side), options.runs)))
        return
    if options.picture:
        draw_picture()
        return
    chosen = [(name, variant) for name in options.only for variant in WIDTHS.get(name, [""])]
    text = (
        "The gray stage on a photo of which a tenth is hole, as one crop: the median of "
        f"{options.runs} runs after one more, and the memory above the process at rest, with the weights. Random "
        "weights at the published widths. `mat` makes a square of at least 512; `context_encoder` always looks at "
        "128 x 128."
    )
    parts = [text, costs(chosen, options.sides, options.runs)]
    if networks := [each for each in chosen if each[1]]:
        heading = f"## Channels last: each network alone, {COMPARED} x {COMPARED}, float32"
        formats_table, verdict = comparison(networks, options.runs)
        parts += [heading, formats_table, verdict]
    write("backbones", "What the backbones cost", *parts, "## Loading", load_report(options.runs))


if __name__ == "__main__":
    main()
