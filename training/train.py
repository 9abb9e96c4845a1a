"""Train a network by a recipe, and write its weights.

    python training/train.py training/recipes/mono.toml PHOTOS OUT
    python training/train.py training/recipes/mono.toml PHOTOS OUT --export weights/mono.safetensors
    accelerate launch training/train.py ...      (several GPUs or machines)

PHOTOS is a folder of pictures or of tar files of them. OUT is a folder: `state.safetensors` is all that the training
is, written every two minutes; started again after whatever stopped it, it goes on from there, to the bit on a
CPU. `log.jsonl` has a line for each time, `preview.jpg` shows what the network does. `--export` writes the
averaged weights at half precision and prints their row of weights_manifest.json.
"""

import argparse
import copy
import hashlib
import importlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from accelerate import Accelerator
from checkpoint import load_average, load_state, save_state
from photos import load_photos
from PIL import Image
from recipe import Recipe, load_recipe
from safetensors.torch import save
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

SAVE_EVERY = 120  # seconds
SHOWN = 6  # samples in the preview


class Samples(Dataset):
    """Samples by number, each with dice of its own: the same ones however often the training is stopped."""

    def __init__(self, task: ModuleType, photos: list[np.ndarray], recipe: Recipe, side: int, span: range) -> None:
        self.task, self.photos, self.recipe, self.side, self.span = task, photos, recipe, side, span

    def __len__(self) -> int:
        return len(self.span)

    def __getitem__(self, i: int) -> tuple[Tensor, ...]:
        random = np.random.default_rng([self.recipe.seed, self.span[i]])
        return self.task.sample(self.photos, self.side, random, self.recipe.data)


class Training:
    """A network, its average and its optimizer, and how far they are."""

    def __init__(self, recipe: Recipe, out: Path) -> None:
        self.recipe, self.out, self.seen = recipe, out, 0
        self.task = importlib.import_module(recipe.task)
        self.accelerator = Accelerator(
            mixed_precision=recipe.precision, cpu=not torch.cuda.is_available(), step_scheduler_with_optimizer=False
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = self.task.make(recipe.network).to(memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(
            network.parameters(), recipe.rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay
        )
        self.average = copy.deepcopy(network).requires_grad_(False).to(self.accelerator.device)
        self.network, self.optimizer = self.accelerator.prepare(network, optimizer)
        if self.state.exists():
            self.seen = load_state(self.state, self.plain, self.average, self.optimizer.optimizer)

    @property
    def state(self) -> Path:
        """The checkpoint."""
        return self.out / "state.safetensors"

    @property
    def plain(self) -> nn.Module:
        """The network without what several GPUs wrap around it."""
        return self.accelerator.unwrap_model(self.network)

    def batches(self, photos: list[np.ndarray], workers: int) -> Iterator[tuple[Tensor, ...]]:
        """What is left of the phase that the training is in."""
        phase, end = self.recipe.phase_at(self.seen)
        samples = Samples(self.task, photos, self.recipe, phase.side, range(self.seen, end))
        each = max(phase.batch // self.accelerator.num_processes, 1)
        return self.accelerator.prepare(DataLoader(samples, each, num_workers=workers))

    def step(self, batch: tuple[Tensor, ...]) -> dict[str, float]:
        """One step of the optimizer; the batch's loss and figures."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate_at(self.seen)
        with self.accelerator.autocast():
            loss, figures = self.task.loss_of(Forwarding(self.network, self.plain), batch, self.recipe.losses)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        if self.accelerator.clip_grad_norm_(self.network.parameters(), self.recipe.clip).isfinite():
            self.optimizer.step()
        count = len(batch[0]) * self.accelerator.num_processes
        self.seen += count
        self._average(count)
        return {name: value.item() for name, value in {"loss": loss.detach(), **figures}.items()}

    def _average(self, count: int) -> None:
        share = max(count / self.recipe.average, 1 / (1 + self.seen / count / 10))
        with torch.no_grad():
            pairs = zip(self.average.state_dict().values(), self.plain.state_dict().values(), strict=True)
            for mean, value in pairs:
                mean.lerp_(value, share) if mean.is_floating_point() else mean.copy_(value)

    def keep(self, figures: list[dict[str, float]], rate: float, batch: tuple[Tensor, ...]) -> None:
        """Write the checkpoint, a line of the log and the preview."""
        if not self.accelerator.is_main_process:
            return
        save_state(self.state, self.plain, self.average, self.optimizer.optimizer, self.seen)
        means = {name: round(float(np.mean([f[name] for f in figures])), 4) for name in figures[0]}
        line = json.dumps({"seen": self.seen, "per_second": round(rate, 1), **means})
        with (self.out / "log.jsonl").open("a") as log:
            log.write(line + "\n")
        print(line, flush=True)
        with torch.no_grad(), self.accelerator.autocast():
            rows = self.task.preview(self.average, tuple(t[:SHOWN] for t in batch))
        picture = torch.cat(list(rows.float().clamp(0, 1).cpu()), 1).movedim(0, -1)
        Image.fromarray((picture * 255).round().byte().numpy()).save(self.out / "preview.jpg", quality=90)


class Forwarding(nn.Module):
    """A network that is called as it is wrapped, and whose `channels` are those of what is inside."""

    def __init__(self, wrapped: nn.Module, plain: nn.Module) -> None:
        super().__init__()
        self.wrapped, self.channels = wrapped, getattr(plain, "channels", None)

    def forward(self, *given: Tensor) -> Tensor:
        """As the network."""
        return self.wrapped(*given)


def train(recipe: Recipe, photos: list[np.ndarray], out: Path, workers: int = 0) -> Training:
    """Train to the end of the recipe, from where it was stopped."""
    out.mkdir(parents=True, exist_ok=True)
    run = Training(recipe, out)
    saved, before, figures = time.monotonic(), run.seen, []
    while run.seen < recipe.samples:
        for batch in run.batches(photos, workers):
            figures.append(run.step(batch))
            passed = time.monotonic() - saved
            if passed > SAVE_EVERY or run.seen >= recipe.samples:
                run.keep(figures, (run.seen - before) / passed, batch)
                saved, before, figures = time.monotonic(), run.seen, []
    return run


def export(recipe: Recipe, state: Path, target: Path) -> None:
    """The averaged weights at half precision, and what the manifest has to say of them."""
    tensors, seen = load_average(state)
    told = {"samples": str(seen)}
    if "backbone" in recipe.network:
        names = {name: str(recipe.network[name]) for name in ("backbone", "layout")}
        told |= {"monochromic": "1", **names}
    data = save({k: v.half().contiguous() for k, v in tensors.items()}, told)
    target.write_bytes(data)
    print(json.dumps({"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=0, help="processes that make samples")
    parser.add_argument("--export", type=Path, help="write OUT's weights here and do nothing else")
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    if options.export:
        export(recipe, options.out / "state.safetensors", options.export)
    else:
        train(recipe, load_photos(options.photos), options.out, options.workers)


if __name__ == "__main__":
    main()
