"""One training: a network, its average, its optimizer and its adversary; steps, checkpoints, the log."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # it has no annotations
from adversary import Adversary
from checkpoint import Parts, load_state, save_state, start_from
from graph import Graphed
from levels import levels_of, refuse_on_device
from monochromic.core.host.precision import cpu_computes_bf16
from on_device import OnDevice
from photos import simplest
from PIL import Image
from recipe import Recipe
from task import AdversaryInput
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

SAVE_EVERY = 120  # seconds
PREVIEW_SAMPLES = 6
Batch = tuple[Tensor, ...]
Figures = dict[str, Tensor]


class Samples(Dataset):
    """Samples by number, each with a random generator of its own: the same ones after a training was stopped."""

    def __init__(self, recipe: Recipe, photos: list[np.ndarray], side: int, span: range) -> None:
        self.recipe, self.side, self.span = recipe, side, span
        self.photos = simplest(photos, recipe.data_at(span.start).get("photos", 1)) if span else photos

    def __len__(self) -> int:
        return len(self.span)

    def __getitem__(self, i: int) -> Batch:
        random = np.random.default_rng([self.recipe.seed, self.span[i]])
        return self.recipe.module.sample(self.photos, self.side, random, self.recipe.data_at(self.span[i]))


def precision_here(wanted: str) -> str:
    """The precision of a recipe, or "no" on a processor that has no instructions for it, where it is far slower."""
    return wanted if torch.cuda.is_available() or cpu_computes_bf16() else "no"


class Training:
    """What a recipe trains, from the checkpoint in the folder `out` if there is one."""

    def __init__(
        self, recipe: Recipe, out: Path, compiled: bool = False, start: Path | None = None, graphed: bool = False
    ) -> None:
        self.recipe, self.out, self.seen, self.task = recipe, out, 0, recipe.module
        self.accelerator = Accelerator(
            mixed_precision=precision_here(recipe.precision),
            cpu=not torch.cuda.is_available(),
            step_scheduler_with_optimizer=False,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = self.task.make(recipe.network)
            adversary = self._adversary(network)
        if self.on_gpu or getattr(network, "channels_last", True):  # of some networks torch's CPU kernels break in it
            network = network.to(memory_format=torch.channels_last)
        if start and not self.state.exists():
            start_from(network, start)
        self.average = copy.deepcopy(network).requires_grad_(False).to(self.accelerator.device)
        if compiled:
            network.compile()
        optimizer = self._descent(network)
        self.network, self.optimizer = self.accelerator.prepare(network, optimizer)
        if hasattr(network, "channels"):
            self.network.channels = network.channels  # hidden by what several GPUs wrap around it
        if graphed and (adversary or not self.on_gpu or self.accelerator.num_processes > 1):
            raise SystemExit("steps are made one graph on one GPU, without an adversary; leave --graph out")
        self.graphed = graphed
        self.adversary, self.levels = adversary, levels_of(recipe)
        if adversary:
            adversary.network, adversary.optimizer = self.accelerator.prepare(adversary.network, adversary.optimizer)
        if self.state.exists():
            self.seen = load_state(self.state, self.parts)
        self._compute: Callable[[Batch], Figures] = self._computed
        pairs = [*zip(self.average.state_dict().values(), self.parts["network"].state_dict().values(), strict=True)]
        averaged = [(mean, value) for mean, value in pairs if mean.is_floating_point()]
        self._averaged = [mean for mean, _ in averaged], [value for _, value in averaged]
        self._copied = [(mean, value) for mean, value in pairs if not mean.is_floating_point()]

    @property
    def on_gpu(self) -> bool:
        """Whether the network is on a GPU."""
        return self.accelerator.device.type == "cuda"

    def _descent(self, network: nn.Module) -> torch.optim.Optimizer:
        """AdamW; on a GPU with its rate there, so that a step may be part of a graph."""
        descent = partial(torch.optim.AdamW, betas=(0.9, 0.98), weight_decay=self.recipe.weight_decay)
        if not self.on_gpu:
            return descent(network.parameters(), self.recipe.rate)
        network.to(self.accelerator.device)
        rate = torch.tensor(self.recipe.rate, device=self.accelerator.device)
        return descent(network.parameters(), rate, fused=True, capturable=True)

    def _adversary(self, network: nn.Module) -> Adversary | None:
        config, channels = self.recipe.adversary, getattr(network, "channels", None)
        if config is None:
            return None
        if channels is None:
            raise SystemExit(f"{self.recipe.task} has no pictures for an adversary; take [adversary] out of the recipe")
        return Adversary(config, channels[1])

    @property
    def state(self) -> Path:
        """The checkpoint."""
        return self.out / "state.safetensors"

    @property
    def parts(self) -> Parts:
        """All that a checkpoint holds, by name, without what several GPUs wrap around it."""
        unwrapped = self.accelerator.unwrap_model
        parts = {"network": unwrapped(self.network), "average": self.average, "optimizer": self.optimizer.optimizer}
        if self.adversary:
            parts |= {"judge": unwrapped(self.adversary.network), "judging": self.adversary.optimizer.optimizer}
        return parts | ({"levels": self.levels} if self.levels else {})

    def batches(self, photos: list[np.ndarray], workers: int, on_device: OnDevice | None = None) -> Iterator[Batch]:
        """The rest of the current phase, which `step` may end before."""
        phase, end = self.recipe.phase_at(self.seen)
        if self.graphed:
            self._compute = Graphed(self._computed)
        if on_device:
            source = on_device.batches(phase.side, phase.batch, range(self.seen, end))
        else:
            samples = Samples(self.recipe, photos, phase.side, range(self.seen, end))
            each = max(phase.batch // self.accelerator.num_processes, 1)
            source = self.accelerator.prepare(DataLoader(samples, each, num_workers=workers))
        for batch in source:
            yield batch
            if self.seen >= end:  # by number, or since its figures are reached
                break

    def step(self, batch: Batch) -> Figures:
        """One step of the optimizers; the batch's loss and figures."""
        seeds = [self.recipe.seed, self.seen, self.accelerator.process_index]
        torch.manual_seed(int(np.random.SeedSequence(seeds).generate_state(1)[0]))  # of dropout and the like
        self._set_rate(self.optimizer, self.recipe.rate)
        if self.adversary:
            self._set_rate(self.adversary.optimizer, self.adversary.config.rate)
        figures = self._compute(batch)
        count = len(batch[0]) * self.accelerator.num_processes
        self.seen += count
        self._average(count)
        if self.levels:
            means = {name: self.accelerator.reduce(value, "mean") for name, value in figures.items()}
            self.seen = self.levels.after(self.seen, count, means)
        return figures

    def _computed(self, batch: Batch) -> Figures:
        """All of a step that is computed from a batch."""
        with self.accelerator.autocast():
            loss, figures, adversary_input = self.task.loss_of(self.network, batch, self.recipe.losses_at(self.seen))
        figures = {"loss": loss.detach(), **figures}
        if self.adversary and self.seen >= self.adversary.config.start:
            against, more = self._step_adversary(self.adversary, adversary_input)
            loss, figures = loss + against, {**figures, **more}
        self._descend(self.optimizer, self.network, loss)
        return figures

    def _step_adversary(self, adversary: Adversary, inputs: AdversaryInput) -> tuple[Tensor, dict[str, Tensor]]:
        """A step of the adversary, then its loss for the network."""
        with self.accelerator.autocast():
            own_loss = adversary.loss(inputs)
        self._descend(adversary.optimizer, adversary.network, own_loss)
        with self.accelerator.autocast():
            loss = adversary.loss_for_network(self.accelerator.unwrap_model(adversary.network), inputs)
        return loss, {"judge": own_loss.detach(), "against": loss.detach()}

    def _set_rate(self, optimizer: torch.optim.Optimizer, rate: float) -> None:
        rate = rate * self.recipe.rate_factor(self.seen)
        for group in optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def _descend(self, optimizer: torch.optim.Optimizer, network: nn.Module, loss: Tensor) -> None:
        """One step, left out where the gradient is not finite."""
        optimizer.zero_grad()
        self.accelerator.backward(loss)
        finite = self.accelerator.clip_grad_norm_(network.parameters(), self.recipe.clip).isfinite()
        inner: Any = getattr(optimizer, "optimizer", optimizer)  # without what accelerate wraps around it
        if inner.defaults.get("fused"):
            inner.found_inf = (~finite).float()  # by which it leaves the step out, without telling the CPU
            optimizer.step()
        elif finite:
            optimizer.step()

    def _average(self, count: int) -> None:
        share = max(count / self.recipe.average, 1 / (1 + self.seen / count / 10))
        with torch.no_grad():
            means, values = self._averaged
            torch._foreach_lerp_(means, values, share)
            for mean, value in self._copied:
                mean.copy_(value)

    def keep(self, figures: list[Figures], rate: float, batch: Batch) -> None:
        """Write the checkpoint, a line of the log and the preview."""
        if not self.accelerator.is_main_process:
            return
        save_state(self.state, self.parts, self.seen)
        means = {name: _mean([f[name] for f in figures if name in f]) for name in figures[-1]}
        line = json.dumps({"seen": self.seen, "per_second": round(rate, 1), **means})
        with (self.out / "log.jsonl").open("a") as log:
            log.write(line + "\n")
        print(line, flush=True)
        with torch.no_grad(), self.accelerator.autocast():
            rows = self.task.preview(self.average, tuple(t[:PREVIEW_SAMPLES] for t in batch))
        picture = torch.cat(list(rows.float().clamp(0, 1).cpu()), 1).movedim(0, -1)
        Image.fromarray((picture * 255).round().byte().numpy()).save(self.out / "preview.jpg", quality=90)


def _mean(values: list[Tensor]) -> float:
    return round(float(torch.stack(values).float().mean()), 4)


def train(
    recipe: Recipe,
    photos: list[np.ndarray],
    out: Path,
    *,
    workers: int = 0,
    every: float = SAVE_EVERY,
    compiled: bool = False,
    start: Path | None = None,
    on_device: bool = False,
    graphed: bool = False,
) -> Training:
    """Train to the end of the recipe, from where it was stopped.

    Args:
        recipe: What is trained.
        photos: uint8 (H, W, 3) each.
        out: Folder of the checkpoint, the log and the preview.
        workers: Processes that make samples.
        every: Seconds between checkpoints.
        compiled: Whether to compile the network.
        start: Weights to begin with, where there is no checkpoint.
        on_device: Whether samples are made on the GPU, by one process.
        graphed: Whether each step is one CUDA graph.

    Returns:
        The training at its end.
    """
    out.mkdir(parents=True, exist_ok=True)
    run = Training(recipe, out, compiled, start, graphed)
    if on_device:
        refuse_on_device(recipe)
    source = OnDevice(recipe, photos, run.accelerator.device, workers) if on_device else None
    saved, before, figures = time.monotonic(), run.seen, list[Figures]()
    while run.seen < recipe.samples:
        for batch in run.batches(photos, workers, source):
            figures.append(run.step(batch))
            passed = time.monotonic() - saved
            if passed > every or run.seen >= recipe.samples:
                run.keep(figures, (run.seen - before) / passed, batch)
                saved, before, figures = time.monotonic(), run.seen, []
    run.accelerator.wait_for_everyone()
    return run
