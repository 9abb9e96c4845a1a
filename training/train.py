"""Train a network by a recipe, and write its weights.

    python training/train.py training/recipes/mono.toml PHOTOS OUT
    python training/train.py training/recipes/mono.toml PHOTOS OUT --export weights/mono.safetensors
    accelerate launch training/train.py ...      (several GPUs or machines)

PHOTOS is a folder of pictures or of tar files of them. OUT is a folder: `state.safetensors` is all that the training
is, written every two minutes; started again after whatever stopped it, it goes on from there, to the bit on a
CPU. `log.jsonl` has a line for each time, `preview.jpg` shows what the network does. `--export` writes the
averaged weights at half precision and prints their size and sha256, for weights_manifest.json. `--start` takes
the tensors that fit from weights written so, and `--masks` names a folder of masks of real marks, white = damage, for
tasks that use them; `--hard` a file of `mine.py`, `--eyes` one of `label_eyes.py`.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from checkpoint import read, shipped_name, under
from monochromic.core.io.files import hash_file
from monochromic.core.weights.convert import VERSION, save_weights
from photos import load_photos
from recipe import Recipe, load_recipe
from trainer import SAVE_EVERY, train


def export(recipe: Recipe, state: Path, target: Path) -> None:
    """Write the averaged weights at half precision; print what the manifest has to say of them."""
    tensors, seen = read(state)
    seen -= int(tensors.get("levels.skipped", 0))
    metadata = {"recipe": recipe.task, "samples": str(seen)}
    if "backbone" in recipe.network:
        metadata |= {"monochromic": VERSION, **{name: recipe.network[name] for name in ("backbone", "layout")}}
    weights = {shipped_name(name): value for name, value in under("average", tensors).items()}
    save_weights(target, {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}, metadata)
    print(json.dumps({"sha256": hash_file(target), "size": target.stat().st_size}))


def main() -> None:
    """The command: trains by a recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=0, help="processes that make samples")
    parser.add_argument("--every", type=float, default=SAVE_EVERY, help="seconds between checkpoints")
    parser.add_argument("--compile", action="store_true", help="compile the network, for GPUs")
    parser.add_argument("--on-device", action="store_true", help="make the samples of gray on the GPU")
    parser.add_argument("--graph", action="store_true", help="start all of a step at once, for small networks on a GPU")
    parser.add_argument("--export", type=Path, help="write OUT's weights here and do nothing else")
    parser.add_argument("--start", type=Path, help="weights to start from, where OUT has no checkpoint")
    parser.add_argument("--masks", type=Path, help="a folder of masks of real marks, white = damage")
    parser.add_argument("--hard", type=Path, help="a file of `mine.py`: photos to show undamaged")
    parser.add_argument("--eyes", type=Path, help="a file of `label_eyes.py`, for the task that uses it")
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    files = {name: str(path) for name in ("masks", "hard", "eyes") if (path := getattr(options, name))}
    recipe = replace(recipe, data={**recipe.data, **files})
    if options.export:
        export(recipe, options.out / "state.safetensors", options.export)
    else:
        how = {"workers": options.workers, "every": options.every, "compiled": options.compile, "start": options.start}
        how |= {"on_device": options.on_device, "graphed": options.graph}
        train(recipe, load_photos(options.photos), options.out, **how)


if __name__ == "__main__":
    main()
