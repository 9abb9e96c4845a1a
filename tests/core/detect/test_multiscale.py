"""A network over photos of any size: scales and tiles."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import make_photo
from monochromic.core.detect import detectors
from monochromic.core.detect.multiscale import (
    GRID,
    INSET,
    OVERLAP,
    TILE,
    WIDE_DOUBT,
    predict_multiscale,
    predict_tiled,
    scale_sizes,
    tiles_of,
)
from monochromic.core.detect.network import DamageNetwork
from monochromic.core.host.progress import silent


def box_mean(plane, radius):
    """Means over squares, by rows and then columns; zeros around."""
    side = 2 * radius + 1
    return F.avg_pool2d(F.avg_pool2d(plane, (1, side), 1, (0, radius)), (side, 1), 1, (radius, 0))


class TestSizesAndTiles:
    @pytest.mark.parametrize("multiple", [1, 4, GRID, 16])
    @pytest.mark.parametrize("size", [(5, 3), (8, 1024), (1025, 600), (900, 1700), (1033, 3001)])
    def test_tiles_cover_everything_and_overlap(self, size, multiple):
        grid = max(GRID, multiple)
        high, wide = (side + -side % grid for side in size)
        seen = torch.zeros(high, wide)
        boxes = tiles_of(*size, multiple=multiple)
        for box in boxes:
            assert not any(edge % grid for edge in (box.top, box.left, box.bottom, box.right))
            assert box.bottom <= high
            assert box.right <= wide
            box.crop(seen)[:] += 1
        assert seen.min() == 1
        for starts in ({box.top for box in boxes}, {box.left for box in boxes}):
            steps = np.diff(sorted(starts))
            assert not len(steps) or steps.max() <= TILE - OVERLAP

    @pytest.mark.parametrize("widths", [(4, 8, 16), (4, 8, 16, 6)])
    def test_a_network_gets_sides_that_it_can_halve_to_its_last_level(self, widths):
        network, sides = DamageNetwork(widths).eval().requires_grad_(False), set()
        network.register_forward_pre_hook(lambda _, inputs: sides.update(inputs[0].shape[-2:]))
        found = detectors.predict_by_network(lambda device: network, make_photo(3, 401, 1190), silent)
        assert found.shape == (1, 5, 401, 1190)
        assert {side % 2 ** len(widths) for side in sides} == {0}
        assert len(widths) == 4 or any(side % 16 for side in sides)  # what three levels get stays as it was

    def test_sizes_go_from_the_training_to_the_photo(self):
        assert scale_sizes(100, 300, 256) == [(100, 300)]
        assert scale_sizes(380, 300, 256) == [(380, 300)]
        assert scale_sizes(512, 1024, 256) == [(256, 512), (512, 1024)]
        assert scale_sizes(4000, 3000, 256) == [(341, 256), (683, 512), (1707, 1280)]

    def test_small_photos_are_enlarged_a_little(self):
        assert scale_sizes(200, 100, 256, 320) == [(250, 125)]
        assert scale_sizes(256, 400, 256, 320) == [(320, 500)]
        assert scale_sizes(300, 600, 256, 320) == [(320, 640)]
        assert scale_sizes(330, 300, 256, 320) == [(352, 320)]
        assert scale_sizes(512, 1024, 256, 320) == scale_sizes(512, 1024, 256)

    def test_the_surest_size_counts(self):
        photo = torch.zeros(1, 3, 512, 512)
        for low, high in ((0.3, 0.8), (0.8, 0.3)):
            chances = {256: low, 512: high}
            found = predict_multiscale(
                lambda part, c=chances: torch.full_like(part[:, :1], c[part.shape[-1]]), photo, 256
            )
            assert found.shape == (1, 1, 512, 512)
            assert torch.allclose(found, torch.full((), 0.8))

    def test_in_small_copies_only_sure_lines_count(self):
        """By so many logits less, and not at all below even; specks never, other kinds as they are."""
        photo, logits = torch.zeros(1, 3, 512, 512), torch.tensor([8.0, 4.1, 3.9, -9.0])
        cases = [(lines, 8.0, 3.0, 3.0, 3.0) for lines in logits]
        for case in cases:
            probable = torch.tensor(case).sigmoid()[None, :, None, None]

            def look(part, p=probable):
                small = part.shape[-1] == 256
                return (p if small else torch.full_like(p, 1e-3)).expand(1, 5, *part.shape[-2:]).clone()

            lines, specks, *others = predict_multiscale(look, photo, 256)[0, :, 256, 256]
            expected = (case[0] - WIDE_DOUBT).sigmoid() if case[0] > WIDE_DOUBT else torch.tensor(1e-3)
            assert torch.allclose(lines, expected, atol=1e-6)
            assert specks == pytest.approx(1e-3)
            assert torch.allclose(torch.stack(others), probable[0, 2:, 0, 0])

    def test_a_near_sighted_look_knows_no_tiles(self):
        """What looks no further than the blind rim of a tile gives the same in tiles of any size as at once."""
        photo = make_photo(3, 401, 533)

        def look(part):
            return box_mean(part.mean(1, keepdim=True), INSET - 1)

        whole = predict_tiled(look, photo, tile=1024)
        assert whole.shape == (1, 1, 401, 533)
        for tile in (256, 320):
            assert (predict_tiled(look, photo, tile) - whole).abs().max() < 1e-3

    def test_what_any_size_shows_is_found(self):
        """A look for small things finds a speck at full size, and a block where it is small enough."""
        photo = torch.zeros(1, 3, 1024, 1024)
        photo[..., 500:620, 200:320] = 1
        photo[..., 100:102, 800:802] = 1

        def look(part):
            return (30 * (part[:, :1] - box_mean(part[:, :1], 32)) - 9).sigmoid()

        found = predict_multiscale(look, photo, 256)[0, 0]
        assert predict_tiled(look, photo)[0, 0, 540:580, 240:280].max() < 0.1
        assert found[540:580, 240:280].min() > 0.9
        assert found[100:102, 800:802].min() > 0.9
        assert found[:80].max() < 0.1
