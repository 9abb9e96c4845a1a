"""A step as one CUDA graph: the same training, and refused where there is none."""

from dataclasses import replace

import pytest
import torch
from photos import load_photos
from recipe import Phase
from tiny_recipes import RECIPES
from trainer import train


def test_a_graph_needs_a_gpu_and_no_adversary(tmp_path):
    for name in ("mono", "hinge"):
        if name == "mono" and torch.cuda.is_available():
            continue
        with pytest.raises(SystemExit, match="one graph on one GPU, without an adversary; leave --graph out"):
            train(RECIPES[name], [], tmp_path, graphed=True)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_graph_trains_as_steps_do(folder, tmp_path):
    recipe = replace(RECIPES["mono"], phases=(Phase(32, 4, 80), Phase(48, 4, 40)), precision="no")
    photos = load_photos(folder)
    plain, graph = (train(recipe, photos, tmp_path / str(g), graphed=g, on_device=True) for g in (False, True))
    assert plain.seen == graph.seen == 120
    pairs = zip(plain.network.parameters(), graph.network.parameters(), strict=True)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in pairs)
