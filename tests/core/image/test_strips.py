"""Filtering strip by strip."""

import pytest
import torch
import torch.nn.functional as F
from monochromic.core.host.cancel import cancellable
from monochromic.core.image.strips import STRIP, filter_in_strips

TAPS = torch.tensor([0.1, 0.2, 0.4, 0.2, 0.1]).view(1, 1, -1, 1)


@pytest.mark.parametrize("height", [1, 7, STRIP, STRIP + 1, 3 * STRIP - 5])
def test_it_is_the_filter_of_the_whole(height):
    picture = torch.rand((2, 1, height + 4, 30), generator=torch.Generator().manual_seed(0))
    strips = filter_in_strips(lambda strip: F.conv2d(strip, TAPS), picture, overlap=4)
    torch.testing.assert_close(strips, F.conv2d(picture, TAPS))


def test_it_can_be_cancelled_between_strips():
    seen = []

    def poll(done, total):
        if len(seen) == 2:
            raise KeyboardInterrupt

    def count(strip):
        seen.append(len(strip))
        return strip

    @cancellable
    def work(progress=None):
        progress(0, 1)
        filter_in_strips(count, torch.zeros(9 * STRIP, 3), overlap=0)

    with pytest.raises(KeyboardInterrupt):
        work(progress=poll)
    assert len(seen) == 2
