"""Heat maps: colors, opacity, and what is refused."""

import pytest
import torch
from conftest import make_photo
from monochromic.core import (
    InputError,
    heat_map,
    luminance,
)
from monochromic.core.damage_kinds import DAMAGE_KINDS


def test_from_gray_to_yellow():
    photo, chance = make_photo(batch=2), torch.zeros(2, 1, 37, 53)
    assert torch.equal(heat_map(photo, chance), luminance(photo).expand(-1, 3, -1, -1))
    chance[1, 0, 5, 7] = 1
    seen = heat_map(photo, chance)
    assert (seen[0] == luminance(photo)[0]).all()
    red, green, blue = seen[1, :, 5, 7].tolist()
    assert min(red, green) > 0.9 > 0.45 > blue
    assert heat_map(photo[:, :1].double(), chance).dtype == torch.float64
    with pytest.raises(InputError, match=r"probability must fit image \(2, 3, 37, 53\), got \(2, 1, 37, 50\)"):
        heat_map(photo, chance[..., :50])


def test_the_warmer_the_more_probable():
    chance = torch.linspace(0.2, 1, 50).view(1, 1, 1, 50)
    red, _, blue = heat_map(torch.full((1, 1, 1, 50), 0.4), chance)[0]
    assert (red - blue).diff().min() > -0.02
    assert (red - blue)[0, -1] > (red - blue)[0, 0] + 0.4


def test_a_pixel_has_the_color_of_its_most_probable_kind():
    photo = make_photo(1, 200, 260)
    kinds = torch.zeros(1, 5, *photo.shape[-2:])
    for i in range(5):
        kinds[0, i, 40 * i : 40 * i + 20] = 1
        kinds[0, (i + 1) % 5, 40 * i : 40 * i + 20] = 0.4
    heat = heat_map(photo, kinds)
    gray = luminance(photo).expand(-1, 3, -1, -1)
    for i, kind in enumerate(DAMAGE_KINDS):
        here = slice(40 * i, 40 * i + 20)
        color = torch.tensor(kind.color).view(1, 3, 1, 1)
        assert torch.allclose(heat[..., here, :], 0.1 * gray[..., here, :] + 0.9 * color, atol=1e-6)
        below = slice(40 * i + 20, 40 * i + 40)
        assert torch.equal(heat[..., below, :], gray[..., below, :])
    with pytest.raises(InputError, match="probability"):
        heat_map(photo, kinds[:, :2])
