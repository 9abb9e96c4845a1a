"""What the fuzz tests share: how many examples, odd values, and documents changed at random places."""

import copy
import os

import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

LONG = "MONOCHROMIC_FUZZ" in os.environ


def fuzz(examples):
    """So many examples, the same in every run; with `MONOCHROMIC_FUZZ=N` N other ones."""
    return settings(
        max_examples=int(os.environ.get("MONOCHROMIC_FUZZ", examples)),
        deadline=None,
        derandomize=not LONG,
        suppress_health_check=list(HealthCheck),
    )


def places(data, path=()):
    """The paths of all values of a JSON document."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


@st.composite
def changed(draw, documents, names, leaves, anything):
    """A good document with a few values replaced, taken out, copied from elsewhere in it, or added."""
    data = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 3))):
        *path, key = draw(st.sampled_from(list(places(data))))
        holder = data
        for step in path:
            holder = holder[step]
        kind = draw(st.integers(0, 6))
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[draw(names)] = draw(anything)
        elif kind == 2:
            *other, last = draw(st.sampled_from(list(places(data)) or [(key,)]))
            source = data
            for step in other:
                source = source[step]
            holder[key] = copy.deepcopy(source[last])
        elif kind == 3:
            holder[key] = draw(anything)
        elif not isinstance(holder[key], (dict, list)):
            holder[key] = draw(leaves)
        if not list(places(data)):
            break
    return data
