"""Work asks often whether to go on, and a stop at any question leaves nothing behind."""

import threading

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import colorize, degrade, fill, find_damage, lpips, luminance, measure, predict_damage
from monochromic.core.backbones import BACKBONES
from monochromic.core.host import cancel as asked
from monochromic.core.host.cancel import (
    Cancelled,
    cancel_between_calls,
    cancellable,
    check_cancelled,
    part_of,
    reporting,
    run_in_thread,
)
from monochromic.core.metrics import build_lpips
from monochromic.core.metrics.perceptual import NETS
from monochromic.core.weights.select import load_model
from torch.overrides import _get_current_function_mode_stack


@pytest.fixture
def everything_is_slow(monkeypatch):
    """Small photos are watched as closely as large ones."""
    monkeypatch.setattr(asked, "QUICK", 0)
    monkeypatch.setattr(asked, "LARGE", 0)


class Count:
    """A progress function that stops the work at its k-th call, if there is one."""

    def __init__(self, k=None):
        self.k, self.told = k, []

    def __call__(self, done, total):
        self.told.append((done, total))
        if len(self.told) == self.k:
            raise KeyboardInterrupt


def cut_short(work, calls):
    """Stop `work` at its first, its last and some calls between; it must stop there at once."""
    for k in sorted({1, 2, *range(calls // 9, calls, calls // 9 + 1), calls}):
        count = Count(k)
        with pytest.raises(KeyboardInterrupt):
            work(count)
        assert len(count.told) == k
        assert not _get_current_function_mode_stack()
        assert torch.is_grad_enabled()


def shares(told):
    return [done / total for done, total in told]


@pytest.mark.usefixtures("everything_is_slow")
class TestTheWork:
    @pytest.mark.parametrize("backbone", ["mono", "patchmatch", "edge_connect"])
    def test_filling(self, backbone):
        """Within one part of the hole by its layers or its patches; the next run gives the same."""
        photo, hole = make_photo(height=70, width=90), torch.zeros(1, 1, 70, 90)
        hole[..., 30:45, 30:50] = 1
        plain, count = fill(photo, hole, backbone), Count()
        assert torch.equal(fill(photo, hole, backbone, progress=count), plain)
        assert len(count.told) > 30
        cut_short(lambda progress: fill(photo, hole, backbone, progress=progress), len(count.told))
        assert torch.equal(fill(photo, hole, backbone), plain)

    def test_no_hook_is_left_on_a_network(self):
        model = load_model(BACKBONES["mono"])
        with pytest.raises(KeyboardInterrupt):
            fill(make_photo(), make_hole(), model, progress=Count(20))
        assert not any(m._forward_pre_hooks or m._forward_hooks for m in model.network.modules())

    def test_the_bar_moves_within_a_part(self):
        photo, hole = make_photo(height=150, width=400), torch.zeros(1, 1, 150, 400)
        hole[..., 60:70, 20:380] = 1
        count = Count()
        fill(photo, hole, "mono", max_side=64, progress=count)
        found = shares(count.told)
        assert found == sorted(found)
        assert len(set(found)) > 5

    def test_coloring(self):
        photo, hole = make_photo(height=70, width=90), torch.zeros(1, 1, 70, 90)
        hole[..., 30:45, 30:50] = 1
        gray = luminance(photo)
        plain, count = colorize(photo, gray, hole), Count()
        assert torch.equal(colorize(photo, gray, hole, progress=count), plain)
        assert shares(count.told) == sorted(shares(count.told))
        cut_short(lambda progress: colorize(photo, gray, hole, progress=progress), len(count.told))
        assert torch.equal(colorize(photo, gray, hole), plain)

    def test_finding(self):
        photo = make_photo(height=64, width=64)
        plain, count = predict_damage(photo, "learned"), Count()
        assert torch.equal(predict_damage(photo, "learned", progress=count), plain)
        cut_short(lambda progress: predict_damage(photo, "learned", progress=progress), len(count.told))

    def test_filters_in_threads_of_their_own(self):
        photo = make_photo(height=64, width=64)
        assert torch.equal(predict_damage(photo, "classical", progress=Count()), find_damage(photo))
        with pytest.raises(KeyboardInterrupt):
            predict_damage(photo, "classical", progress=Count(2))

    def test_measuring(self):
        photo, other, count = make_photo(), make_photo(seed=2), Count()
        plain = measure(photo, other, make_hole(), "hole")
        assert str(measure(photo, other, make_hole(), "hole", progress=count)) == str(plain)
        assert shares(count.told) == sorted(shares(count.told))
        cut_short(lambda progress: measure(photo, other, make_hole(), "hole", progress=progress), len(count.told))

    def test_damaging(self):
        photo, count = make_photo(batch=3), Count()
        plain = degrade(photo, "scratch", seed=3)
        assert torch.equal(degrade(photo, "scratch", seed=3, progress=count).image, plain.image)
        assert {(i, 3) for i in range(4)} <= set(count.told)
        with pytest.raises(KeyboardInterrupt):
            degrade(photo, "scratch", seed=3, progress=Count(3))


def test_lpips_asks_between_its_layers(everything_is_slow):
    with torch.random.fork_rng():
        net = NETS["alex"][0]()
        heads = {f"{i}.weight": torch.rand(1, c, 1, 1) for i, c in enumerate(NETS["alex"][2])}
    network = build_lpips("alex", {f"features.{k}": v for k, v in net.state_dict().items()}, heads)
    count = Count()

    @cancellable
    def work(progress):
        progress(0, 1)
        with cancel_between_calls(1):
            return lpips(make_photo(), make_photo(seed=2), network)

    assert torch.equal(work(progress=count), lpips(make_photo(), make_photo(seed=2), network))
    assert len(count.told) > 20


class TestWatching:
    def test_nobody(self):
        check_cancelled()
        with reporting(None) as progress, cancel_between_calls():
            progress(1, 2)
            check_cancelled()
            assert not _get_current_function_mode_stack()

    def test_what_was_told_last_is_told_again(self):
        count = Count()
        with reporting(count) as progress:
            check_cancelled()
            assert count.told == []
            progress(3, 7)
            check_cancelled()
        check_cancelled()
        assert count.told == [(3, 7)] * 2

    def test_work_within_work(self):
        """Before the inner work has something to tell, the outer is asked; after it, the outer again."""
        outer, inner = Count(), Count()
        with reporting(outer) as progress:
            progress(0, 1)
            with reporting(inner) as within:
                check_cancelled()
                within(1, 2)
                check_cancelled()
            with reporting(None):
                check_cancelled()
        assert outer.told == [(0, 1)] * 3
        assert inner.told == [(1, 2)] * 2

    def test_parts(self):
        count = Count()
        part_of(part_of(count, 1, 3), 1, 2)(1, 4)
        assert count.told == [(1 * 8 + 5, 3 * 8)]


class TestPatiently:
    def test_the_modes_of_torch_go_along(self):
        def modes():
            return torch.is_inference_mode_enabled(), torch.is_grad_enabled(), threading.current_thread()

        with reporting(Count()) as progress, torch.inference_mode():
            progress(0, 1)
            inference, grad, thread = run_in_thread(1 << 20, modes)
            assert (inference, grad) == (True, False)
            assert thread is not threading.current_thread()
            assert run_in_thread(5, modes)[2] is threading.current_thread()
        assert run_in_thread(1 << 20, modes)[2] is threading.current_thread()

    def test_errors_come_out(self):
        with reporting(Count()) as progress:
            progress(0, 1)
            with pytest.raises(ZeroDivisionError):
                run_in_thread(1 << 20, lambda: 1 / 0)

    def test_a_stop_is_raised_here_at_once_and_ends_the_thread_at_its_next_question(self):
        began, let_go, ended = threading.Event(), threading.Event(), []

        def work():
            began.set()
            let_go.wait(60)
            try:
                check_cancelled()
            except Cancelled:
                ended.append("stopped")
            let_go.clear()

        def stop_once_it_began(done, total):
            if began.is_set():
                raise KeyboardInterrupt

        with reporting(stop_once_it_began) as progress:
            progress(0, 1)
            with pytest.raises(KeyboardInterrupt):
                run_in_thread(1 << 20, work)
        let_go.set()
        while let_go.is_set():
            pass
        assert ended == ["stopped"]


def test_a_stop_while_a_mode_of_torch_ends_does_not_leave_it_on(everything_is_slow):
    """The end of `no_grad` is a function of torch too."""
    ending = False

    def stop(done, total):
        if ending:
            raise KeyboardInterrupt

    with reporting(stop) as progress, cancel_between_calls(1):
        progress(0, 1)
        with torch.no_grad():
            ending = True
        assert torch.is_grad_enabled()
        with pytest.raises(KeyboardInterrupt):
            torch.ones(2).exp()
