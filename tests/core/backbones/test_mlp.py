"""The fully connected baseline: what its windows hold, how far it sees, and that it learns."""

import pytest
import torch
from monochromic.core.backbones.mlp import CELLS, MLP, blended, means, windows

(VARIANT,) = MLP.variants
SIDES = 4 * MLP.multiple, 6 * MLP.multiple


def given(channels, batch=2, sides=SIDES):
    """A photo with something under the hole, and the hole."""
    return torch.rand(batch, channels[0], *sides), torch.rand(batch, 1, *sides) < 0.3


def fresh(channels, width=8):
    torch.manual_seed(0)
    return VARIANT.fresh(channels, width).eval()


@torch.inference_mode()
def test_any_side_from_the_minimum_on():
    network = fresh((1, 1))
    for height in range(MLP.minimum, 6 * MLP.multiple, MLP.multiple):
        image, hole = given((1, 1), 1, (height, MLP.minimum))
        assert VARIANT.fill(network, image, hole).shape == image.shape


def test_foreign_tensors_are_not_detected():
    state = fresh((1, 1)).state_dict()
    assert VARIANT.detect(state) == ""
    assert VARIANT.detect({}) is None
    assert VARIANT.detect({**state, "extra.weight": torch.zeros(1)}) is None
    for name in state:
        assert VARIANT.detect({k: v for k, v in state.items() if k != name}) is None


def test_a_window_lies_around_its_patch():
    """The cell left above the middle of the patch at rows 8 to 40 and columns 24 to 56 is that of pixels 22, 38."""
    photo = torch.zeros(1, 1, *SIDES)
    photo[..., 22:24, 38:40] = 1
    values, known = windows(photo, torch.ones_like(photo))
    across = SIDES[1] // MLP.multiple
    window = values[0, 1 * across + 2, 0].view(CELLS, CELLS)
    assert window.nonzero().tolist() == [[CELLS // 2 - 1, CELLS // 2 - 1]]
    assert len(values[0]) == across * SIDES[0] // MLP.multiple
    outside = known[0, 0, 0].view(CELLS, CELLS) == 0  # of the first window: 24 pixels beyond each border
    assert outside[:12].all()
    assert not outside[12:, 12:].any()


def test_only_known_pixels_are_in_the_means():
    photo = torch.full((1, 1, 32, 32), 0.25)
    known = (torch.rand(1, 1, 32, 32) < 0.2).float()
    values, shares = windows(torch.where(known > 0, photo, torch.rand_like(photo)) * known, known)
    assert torch.allclose(values[shares > 0], torch.tensor(0.25))
    assert torch.allclose(means(values, shares), torch.tensor(0.25))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_patches_that_agree_blend_to_themselves(share):
    patches = torch.full((2, 24, 3, 1024), share)
    assert torch.allclose(blended(patches, torch.Size(SIDES)), torch.full((2, 3, *SIDES), share))


def test_with_nothing_learned_it_answers_the_mean_around():
    """And that of the photo where a window holds nothing known, and the middle where the photo does."""
    network = fresh((3, 3))
    torch.nn.init.zeros_(network.patch.weight)
    torch.nn.init.zeros_(network.patch.bias)
    photo = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, 160, 160).clone()
    hole = torch.zeros(1, 1, 160, 160, dtype=torch.bool)
    hole[..., 16:, 16:] = True
    torch.testing.assert_close(VARIANT.fill(network, photo, hole), photo)
    assert torch.equal(VARIANT.fill(network, photo, hole | True), torch.full_like(photo, 0.5))


def test_a_pixel_sees_as_far_as_the_docstring_says():
    side, network = 192, fresh((1, 1), 4).double()
    image, hole = torch.rand(1, 1, side, side, dtype=torch.float64), torch.zeros(1, 1, side, side, dtype=torch.bool)
    before = VARIANT.fill(network, image, hole)
    image[..., 96, 96] += 0.1
    changed = (VARIANT.fill(network, image, hole) - before)[0, 0].abs().sum(0).nonzero()
    assert 96 - 48 <= changed.min() <= 96 - 24
    assert 96 + 24 <= changed.max() <= 96 + 48


def test_it_learns():
    """Gradients reach every layer, and a few steps take the error down."""
    network = fresh((1, 1), 32).train()
    rows = torch.linspace(0.2, 0.8, SIDES[0])[:, None].expand(SIDES)
    image, hole = rows[None, None].repeat(2, 1, 1, 1), given((1, 1))[1]
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=2e-3), []
    for _ in range(30):
        optimizer.zero_grad()
        loss = (VARIANT.fill(network, image.masked_fill(hole, 0), hole) - image).abs().mean()
        loss.backward()
        assert all(p.grad.abs().sum() > 0 for p in network.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
