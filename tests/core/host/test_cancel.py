"""Work can be cancelled between its steps by the progress callable that raises, and nothing is left behind."""

import threading

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import (
    colorize,
    degrade,
    dilate,
    fill,
    find_damage,
    find_hole,
    heat_map,
    load_image,
    lpips,
    luminance,
    measure,
    predict_damage,
    random_hole,
    save_image,
)
from monochromic.core.backbones import BACKBONES
from monochromic.core.degrade import KINDS as DAMAGES
from monochromic.core.degrade.kinds import Kind
from monochromic.core.degrade.scene import Layer
from monochromic.core.detect import summary
from monochromic.core.host import thread
from monochromic.core.host.cancel import cancel_between_layers, cancellable, check_cancelled, reporting
from monochromic.core.host.host import current_host
from monochromic.core.host.progress import Cancelled, part_of, silent
from monochromic.core.host.thread import run_in_thread
from monochromic.core.io.images import ENDINGS
from monochromic.core.metrics import build_lpips
from monochromic.core.metrics.perceptual import NETS
from monochromic.core.weights.select import load_model


@pytest.fixture
def always_in_threads(monkeypatch):
    """What runs in a thread for large photos does so for small ones, and polls once, however long it takes."""
    monkeypatch.setattr(thread, "MIN_PIXELS", 0)
    monkeypatch.setattr(thread, "PAUSE", 60)


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
    for k in sorted({1, min(2, calls), *range(1 + calls // 9, calls, calls // 9 + 1), calls}):
        count = Count(k)
        with pytest.raises(KeyboardInterrupt):
            work(count)
        assert len(count.told) == k
        assert torch.is_grad_enabled()
        assert current_host().reporter is None


def shares(told):
    return [done / total for done, total in told]


@pytest.mark.usefixtures("always_in_threads")
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

    def test_filters(self):
        photo, count = make_photo(height=64, width=64), Count()
        assert torch.equal(predict_damage(photo, "classical", progress=count), find_damage(photo))
        cut_short(lambda progress: predict_damage(photo, "classical", progress=progress), len(count.told))

    def test_from_probabilities_to_a_hole(self):
        """The marks, the margins and the guard ask too, after the detector has."""
        photo, before, count = degrade(make_photo(height=64, width=96), "scratch", 0, seed=3).image, Count(), Count()
        predict_damage(photo, "classical", progress=before)
        plain = find_hole(photo, "classical", dilate=9)
        assert plain.hole.any()
        found = find_hole(photo, "classical", dilate=9, progress=count)
        assert all(map(torch.equal, found, plain))
        assert len(count.told) > len(before.told) + 4
        cut_short(lambda progress: find_hole(photo, "classical", dilate=9, progress=progress), len(count.told))

    def test_measuring(self):
        photo, other, count = make_photo(), make_photo(seed=2), Count()
        plain = measure(photo, other, make_hole(), "hole")
        assert str(measure(photo, other, make_hole(), "hole", progress=count)) == str(plain)
        assert shares(count.told) == sorted(shares(count.told))
        cut_short(lambda progress: measure(photo, other, make_hole(), "hole", progress=progress), len(count.told))

    @pytest.mark.parametrize("kind", DAMAGES)
    def test_damaging(self, kind):
        photo, count = make_photo(batch=2, height=64, width=64), Count()
        plain = degrade(photo, kind, seed=3)
        assert torch.equal(degrade(photo, kind, seed=3, progress=count).image, plain.image)
        assert {(i, 2) for i in range(3)} <= set(count.told)
        assert len(count.told) > 4
        cut_short(lambda progress: degrade(photo, kind, seed=3, progress=progress), len(count.told))

    @pytest.mark.parametrize(
        "work",
        [
            lambda: random_hole("blob", 64, 64, 0.5),
            lambda: dilate(make_hole(), 20),
            lambda: heat_map(make_photo(), make_hole()),
            lambda: summary(find_hole(make_photo(), "classical")),
        ],
    )
    def test_work_without_a_progress_of_its_own(self, work):
        """It asks whoever watches from outside."""

        def run(count):
            with reporting(count) as progress:
                progress(0, 1)
                return work()

        run(Count())  # the first run may read weights, and asks meanwhile
        count = Count()
        run(count)
        assert len(count.told) > 1
        cut_short(run, len(count.told))

    def test_a_photo_of_which_a_part_is_watched_by_nobody(self):
        """Work that was given no progress of its own can be cancelled by who watches from outside, in its parts too."""
        count, photo = Count(), make_photo()

        def run(count):
            with reporting(count) as progress:
                progress(0, 1)
                return fill(photo, make_hole(), "mono")

        run(Count())  # reads the weights, and asks meanwhile
        run(count)
        assert set(count.told) == {(0, 1)}
        assert len(count.told) > 30
        cut_short(run, len(count.told))

    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_files(self, ending, bits, tmp_path):
        """Writing and reading poll around the one call of a library; a file that was cancelled is not there."""
        if bits == 16 and ENDINGS[ending] not in ("PNG", "TIFF"):
            return
        path, before, count = tmp_path / f"x{ending}", Count(), Count()

        def save(count):
            with reporting(count) as progress:
                progress(0, 1)
                save_image(make_photo(), path, bits)

        def load(count):
            with reporting(count) as progress:
                progress(0, 1)
                return load_image(path)

        for k in (1, 2, 3):  # the report, the check of the image, the encoder
            with pytest.raises(KeyboardInterrupt):
                save(Count(k))
            assert list(tmp_path.iterdir()) == []
        save(before)
        expected = load_image(path)
        assert torch.equal(load(count), expected)
        assert len(count.told) > 1
        cut_short(load, len(count.told))


def test_any_kind_of_damage_can_be_cancelled(monkeypatch):
    """The painter of a kind polls nobody, and its caller need not wait for it."""
    began, let_go = threading.Event(), threading.Event()

    def paint(scene):
        began.set()
        let_go.wait(60)
        return Layer(scene.photo, np.ones(scene.shape, np.float32))

    def stop_once_it_began(done, total):
        if began.is_set():
            raise KeyboardInterrupt

    monkeypatch.setitem(DAMAGES, "slow", Kind("slow", paint, "lines", 1))
    with pytest.raises(KeyboardInterrupt):
        degrade(make_photo(height=256, width=256), "slow", progress=stop_once_it_began)
    let_go.set()


def test_lpips_asks_between_its_layers(always_in_threads):
    with torch.random.fork_rng():
        net = NETS["alex"][0]()
        heads = {f"{i}.weight": torch.rand(1, c, 1, 1) for i, c in enumerate(NETS["alex"][2])}
    network = build_lpips("alex", {f"features.{k}": v for k, v in net.state_dict().items()}, heads)
    count = Count()

    @cancellable
    def work(progress):
        progress(0, 1)
        return lpips(make_photo(), make_photo(seed=2), network)

    assert torch.equal(work(progress=count), lpips(make_photo(), make_photo(seed=2), network))
    assert len(count.told) > 20


class TestReporting:
    def test_nobody(self):
        check_cancelled()
        with reporting(None) as progress:
            assert progress is silent
            progress(1, 2)
            check_cancelled()

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
            with reporting(None) as nothing:
                check_cancelled()
                nothing(5, 6)
                with reporting(part_of(nothing, 0, 2)) as part:
                    part(7, 8)
                    check_cancelled()
        assert outer.told == [(0, 1)] * 6
        assert inner.told == [(1, 2)] * 2

    def test_layers(self):
        network = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Tanh()))
        count = Count()
        with reporting(count) as progress:
            progress(0, 1)
            with cancel_between_layers(network):
                network(torch.zeros(2))
            network(torch.zeros(2))
        assert len(count.told) == 1 + 3
        with cancel_between_layers(None), cancel_between_layers(network):
            assert not any(m._forward_pre_hooks for m in network.modules())

    def test_parts(self):
        count = Count()
        part_of(part_of(count, 1, 3), 1, 2)(1, 4)
        assert count.told == [(1 * 8 + 5, 3 * 8)]


class TestThread:
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

    def test_a_cancel_is_raised_here_at_once_and_ends_the_thread_at_its_next_check(self):
        began, let_go, ended = threading.Event(), threading.Event(), []

        def work():
            began.set()
            let_go.wait(60)
            try:
                check_cancelled()
            except Cancelled:
                ended.append("cancelled")
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
        assert ended == ["cancelled"]
