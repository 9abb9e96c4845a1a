"""Pictures are checked in whatever order they lie in memory."""

import pytest
import torch
from monochromic.core.errors import InputError
from monochromic.core.image.checks import check_image, in_memory_order

PLANES = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
ORDERS = {
    "planes": PLANES,
    "channels last": PLANES.contiguous(memory_format=torch.channels_last),
    "on its side": PLANES.mT,
    "one gray channel for three": PLANES[:, :1].expand(-1, 3, -1, -1),
    "a crop": PLANES[..., 1:4, 2:6],
    "every other column": PLANES[..., ::2],
}


@pytest.mark.parametrize("name", ["planes", "channels last", "on its side"])
def test_what_lies_densely_is_read_in_its_order(name):
    view = in_memory_order(ORDERS[name])
    assert view.is_contiguous()
    assert view.data_ptr() == ORDERS[name].data_ptr()


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_the_values_are_the_same_in_any_order(order):
    assert torch.equal(in_memory_order(order).flatten().sort().values, order.flatten().sort().values)
    check_image(order)


@pytest.mark.parametrize(("wrong", "word"), [(float("nan"), "NaN"), (1.5, r"\[0, 1\]"), (-0.5, r"\[0, 1\]")])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_wrong_pixel_is_seen_in_any_order(order, wrong, word):
    spoiled = order.clone(memory_format=torch.preserve_format)
    spoiled[-1, -1, -1, -1] = wrong
    with pytest.raises(InputError, match=word):
        check_image(spoiled)
