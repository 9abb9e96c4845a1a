"""How the nodes behave in a real ComfyUI: nothing is computed twice, a cancel ends the work, and memory may run out."""

import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.comfyui

SIDE = 1400  # pixels of the photo of the tests of memory


@pytest.fixture(scope="module", autouse=True)
def offline(tmp_path_factory):
    """Nothing can be fetched, and nothing was before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hub")))
        yield


def node(kind, /, **inputs):
    return {"class_type": kind, "inputs": inputs}


def restoring(**fill):
    """A scratched photo is restored with a hint, and shown."""
    gray = {"backbone": "mono", "grow": 0, "threshold": 0.5, **fill}
    return {
        "photo": node("LoadImage", image="astronaut_scratched.png"),
        "mask": node(
            "MonochromicLoadMask",
            image="astronaut_scratches.png",
            channel="luminance",
            invert=False,
            threshold=0.5,
            grow=0,
        ),
        "gray": node("MonochromicGrayInpaint", image=["photo", 0], mask=["mask", 0], **gray),
        "guide": node("MonochromicColorGuide", points="10,10,#a04060"),
        "color": node(
            "MonochromicProgressiveColorize",
            image=["photo", 0],
            gray=["gray", 0],
            mask=["gray", 1],
            method="propagate",
            guide=["guide", 0],
        ),
        "shown": node("PreviewImage", images=["color", 0]),
    }


def ended(server, prompt):
    """What the history says of a prompt's end: its status, and the data of its messages by their kind."""
    key = server.post(prompt)
    status = server.wait_for(lambda: server.get(f"/history/{key}").get(key), 300)["status"]
    return status["status_str"], dict(status["messages"])


def test_nothing_is_computed_twice(server):
    prompt = restoring()
    assert ended(server, prompt)[1]["execution_cached"]["nodes"] == []
    assert set(ended(server, prompt)[1]["execution_cached"]["nodes"]) == set(prompt)
    prompt["guide"]["inputs"]["points"] = "10,10,#40a060"
    again = set(ended(server, prompt)[1]["execution_cached"]["nodes"])
    assert again == {"photo", "mask", "gray"}


def test_weights_that_are_missing_are_told_with_what_to_do(server):
    """The server cannot reach the Hub, so that `lama` cannot be fetched: the words of the error arrive as they are."""
    status, messages = ended(server, restoring(backbone="lama"))
    assert status == "error"
    failure = messages["execution_error"]
    assert failure["node_id"] == "gray"
    assert "weights 'lama' are not here" in failure["exception_message"]
    assert "HF_HUB_OFFLINE" in failure["exception_message"]
    assert str(server.base / "models" / "monochromic") in failure["exception_message"]
    assert ended(server, restoring(backbone="telea"))[0] == "success"


def test_nothing_is_written_outside_of_comfyui(server):
    """What was verified is remembered among ComfyUI's models, not in the user's own folder."""
    assert ended(server, restoring(grow=2))[0] == "success"
    assert (server.base / "models" / "monochromic" / "verified.json").is_file()
    assert not (server.base / "home").exists()


def test_a_cancel_within_one_part_of_the_hole(server):
    """The whole photo at once by a network, which takes its time: the cancel is heard in the midst of it."""
    picture(server)
    with server.listen("page") as messages:
        key = server.post(large(), "page")
        for message in messages:
            if not isinstance(message, bytes) and message["type"] == "progress" and message["data"]["node"] == "gray":
                break
        server.send("/interrupt", {})
        done = server.wait_for(lambda: server.get(f"/history/{key}").get(key), 60)
    said = [m[0] for m in done["status"]["messages"]]
    assert "execution_interrupted" in said
    assert "execution_success" not in said


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no limits for other processes here")
def test_memory_that_runs_out(server):
    """A photo for which memory does not suffice at once is filled in tiles; one for which nothing does is refused."""
    picture(server)
    assert ended(server, restoring(grow=1))[0] == "success"  # all that is loaded once is loaded
    with limited(server.process.pid, 350):
        assert ended(server, large())[0] == "success"
    prompt = {**large(), "photo": node("EmptyImage", width=3 * SIDE, height=3 * SIDE, batch_size=1, color=9)}
    looked = {**prompt, "shown": node("PreviewAny", source=["photo", 0]), "too": node("PreviewAny", source=["mask", 0])}
    del looked["gray"]
    assert ended(server, looked)[0] == "success"
    with limited(server.process.pid, 20):
        status, messages = ended(server, prompt)
    assert status == "error"
    assert messages["execution_error"]["node_id"] == "gray"
    assert "not enough memory; close other programs" in messages["execution_error"]["exception_message"]
    assert server.process.poll() is None
    assert ended(server, {**prompt, "gray": node("MonochromicGrayInpaint", **small(prompt))})[0] == "success"


def small(prompt):
    """The same inputs of the gray stage, in tiles."""
    return {**prompt["gray"]["inputs"], "max_side": 0}


def picture(server):
    noise = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    Image.fromarray(noise).save(Path(server.base) / "input" / "large.png")


def large():
    """A large photo, filled at once by a network."""
    fill = {"backbone": "mono", "grow": 0, "threshold": 0.5, "max_side": 4096}
    box = {"kind": "box", "width": SIDE, "height": SIDE, "coverage": 0.3, "count": 1, "seed": 3}
    return {
        "photo": node("LoadImage", image="large.png"),
        "mask": node("MonochromicRandomMask", **box),
        "gray": node("MonochromicGrayInpaint", image=["photo", 0], mask=["mask", 0], **fill),
        "shown": node("PreviewImage", images=["gray", 0]),
    }


class limited:  # noqa: N801
    """For a while a process gets so many more megabytes of addresses, and no more."""

    def __init__(self, process, megabytes):
        self.process, self.megabytes = process, megabytes

    def __enter__(self):
        status = Path(f"/proc/{self.process}/status").read_text().splitlines()
        size = int(next(line for line in status if line.startswith("VmSize")).split()[1]) * 1024
        _, self.most = self.before = resource.prlimit(self.process, resource.RLIMIT_AS)
        resource.prlimit(self.process, resource.RLIMIT_AS, (size + self.megabytes * 2**20, self.most))

    def __exit__(self, *_):
        resource.prlimit(self.process, resource.RLIMIT_AS, self.before)
