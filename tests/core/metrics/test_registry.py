"""The list of metrics: what each record promises holds for its function."""

import math

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core.metrics import METRICS, NETS, Pair, format_csv, format_table, measure, table_cells
from monochromic.core.metrics.perceptual import Lpips

WHERE = "core/metrics/registry.py"
every = pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))


@pytest.fixture(scope="module")
def network():
    """LPIPS with random weights: enough for equal pictures, and for more noise to be farther off."""
    torch.manual_seed(0)
    network = Lpips("squeeze").eval().requires_grad_(False)
    for head in network.heads:
        head.weight.abs_()
    return network


def noisy(photo, amount):
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(3))
    return (photo + amount * noise).clamp(0, 1)


def value(metric, image, reference, network, where=None):
    pair = Pair(image, reference, where, network)
    assert metric.applies(pair), f"{WHERE}: {metric.id} must apply to a photo of 192 x 200"
    result = metric.run(pair)
    assert result.shape == (1,), f"{WHERE}: {metric.id} must give one number a picture, (1,)"
    return result.item()


def test_ids_are_given_once():
    assert [metric.id for metric in METRICS.values()] == list(METRICS)
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles), f"{WHERE}: two metrics have one title"


@every
def test_more_noise_is_worse_in_the_direction_of_the_record(metric, network):
    photo = make_photo(2, 192, 200)
    little, much = (value(metric, noisy(photo, a), photo, network) for a in (0.02, 0.3))
    if metric.higher_is_better is None:
        assert little != much
    else:
        todo = f"{WHERE}: see higher_is_better of {metric.id}; little noise gives {little:g}, much noise {much:g}"
        assert (little > much) == metric.higher_is_better, todo


@every
def test_the_reference_matters_where_it_is_needed(metric, network):
    photo, one, other = (make_photo(seed, 192, 200) for seed in (2, 3, 4))
    differs = value(metric, photo, one, network) != value(metric, photo, other, network)
    assert differs == metric.needs_reference, f"{WHERE}: see needs_reference of {metric.id}"


@every
def test_pixels_outside_the_region_do_not_count(metric, network):
    """Far from the hole, at that: windows and coarse scales see what is near."""
    photo, truth, hole = make_photo(2, 192, 200), make_photo(3, 192, 200), torch.zeros(1, 1, 192, 200)
    hole[..., 8:30, 8:30] = 1
    changed = photo.clone()
    changed[..., 150:, 150:] = 0
    one, other = (measure(p, truth, hole, "hole", lpips=network)[0][metric.id] for p in (photo, changed))
    assert one == pytest.approx(other, rel=0.02)
    assert measure(photo, truth, hole, "full", lpips=network)[0][metric.id] != one


@every
def test_tables_and_csv_have_the_metric(metric, network):
    photo, hole = make_photo(2, 192, 200), make_hole(192, 200)
    scores = measure(noisy(photo, 0.1), photo, hole, "full", lpips=network)[0]
    assert math.isfinite(scores[metric.id])
    cells = table_cells({"full": scores})
    assert dict(zip(*cells, strict=True))[metric.title] == format(scores[metric.id], metric.format)
    assert metric.title in format_table({"full": scores})
    assert metric.id in format_csv({("a",): scores}, ("picture",)).splitlines()[0].split(",")


def test_the_networks_of_lpips_have_a_tap_for_each_width():
    for net in NETS.values():
        assert len(net.taps) == len(net.widths)


def test_one_hole_serves_a_batch():
    """Also where the full picture is measured and the hole is not looked at."""
    photos, others, hole = make_photo(1, batch=2), make_photo(2, batch=2), make_hole()
    for region in ("full", "hole", "box"):
        assert len(measure(photos, others, hole, region)) == 2
