"""What the numbers of weights may be."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..errors import WeightsError

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)


def check_values(tensors: Mapping[str, Tensor], what: object) -> None:
    """Check that weights are numbers that a network can run with.

    Args:
        tensors: By name.
        what: Whose they are, for the message.

    Raises:
        WeightsError: for types such as float8, and for NaN and infinity.
    """
    for name, value in tensors.items():
        if value.dtype not in (*FLOATS, *INTEGERS):
            kind = str(value.dtype).removeprefix("torch.")
            raise WeightsError(f"{what}: {name} has values of the type {kind}; get or save them as float16 or float32")
        if value.dtype in FLOATS and not value.isfinite().all():
            raise WeightsError(f"{what}: the weights hold NaN or infinity ({name}); get another file")
