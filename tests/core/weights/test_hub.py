"""Downloads, against a real server on loopback: what arrives is whole and right, or is not there."""

import hashlib
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from hub_server import COMMIT, Fault, HubServer
from monochromic.core import WeightsError
from monochromic.core.host.host import using_host
from monochromic.core.weights import WeightFile, cached_path, fetch, find, hub, load_weights, locate
from safetensors.torch import save

SIZE = 3_000_000
CLIENT = """
import json, sys
from monochromic.core.weights import WeightFile, locate
print(locate(WeightFile(**json.loads(sys.argv[1]))))
"""


@pytest.fixture(scope="module")
def data():
    return save({"weight": torch.rand(SIZE // 4, generator=torch.Generator().manual_seed(1))})


@pytest.fixture
def server(data):
    with HubServer() as server:
        server.files["team/nets", "folder/net.safetensors"] = data
        yield server


@pytest.fixture
def connect(server, tmp_path, monkeypatch):
    """Make the library read the environment afresh, as a new process does: cache, server, offline."""
    monkeypatch.setattr(hub, "PAUSES", (0, 0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in [n for n in sys.modules if n.partition(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, name)

    def connect(**more):
        disconnect()
        settings = {"HF_HOME": tmp_path / "hf", "HF_ENDPOINT": server.endpoint, "MONOCHROMIC_HOME": tmp_path / "home"}
        for name, value in {**settings, "HF_HUB_DISABLE_PROGRESS_BARS": 1, **more}.items():
            monkeypatch.setenv(name, str(value))

    connect()
    yield connect
    disconnect()


def disconnect():
    if "huggingface_hub" in sys.modules:
        sys.modules["huggingface_hub"].close_session()
    for name in [n for n in sys.modules if n.partition(".")[0] == "huggingface_hub"]:
        del sys.modules[name]


@pytest.fixture
def entry(data):
    return make_entry(data)


def make_entry(data, **more):
    given = {"repo_id": "team/nets", "revision": COMMIT, "filename": "folder/net.safetensors", "use": "a test"}
    given |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "license": "CC0", "source": "us"}
    return WeightFile(id="net", trained_on="nothing", **given | more)


def nothing_left(folder):
    """No file of the cache holds any of the bytes, whole or in part."""
    return not [p for p in folder.rglob("*") if p.is_file() and p.stat().st_size > 1000]


def test_a_fresh_download(connect, server, entry, data, tmp_path):
    connect(HF_TOKEN="hf_secret")
    assert find(entry) is None
    assert server.requests == []
    path = locate(entry)
    assert path.read_bytes() == data
    assert path.is_relative_to(tmp_path / "hf")
    assert [(r.method, r.path.split("/")[1]) for r in server.requests] == [("HEAD", "team"), ("GET", "storage")]
    assert [r.token for r in server.requests] == ["Bearer hf_secret", None]  # not for another host's ears
    assert locate(entry) == find(entry) == cached_path(entry) == path
    assert len(server.requests) == 2


def test_progress_and_cancel(connect, server, entry, tmp_path):
    def cancel(done, total):
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        locate(entry, progress=cancel)
    assert nothing_left(tmp_path / "hf")
    assert find(entry) is None
    seen = []
    locate(entry, progress=lambda *at: seen.append(at))
    assert seen[-1] == (entry.size, entry.size)


@pytest.fixture
def small_steps(connect, monkeypatch):
    """The library keeps what has come in steps of 10 MB; the test's file is smaller."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_cut_connection(connect, small_steps, server, entry, data, how):
    server.bodies.append(Fault(after=1_000_000, how=how))
    assert locate(entry).read_bytes() == data
    first, second = server.bodies_sent()
    assert first.range is None
    assert second.range == ("bytes=1000000-" if how == "closed" else None)  # where the library goes on by itself


def test_a_connection_that_is_cut_again_and_again(connect, small_steps, server, entry, data):
    server.bodies += [Fault(after=800_000, how="closed")] * 2
    assert locate(entry).read_bytes() == data
    assert [r.range for r in server.bodies_sent()] == [None, "bytes=800000-", "bytes=1600000-"]


def test_a_truncated_body(connect, server, entry, data, tmp_path):
    server.bodies += [Fault(after=2_000_000, how="short")] * 3
    with pytest.raises(WeightsError, match=r"net.safetensors \(3.0 MB, license CC0\): .* size 2000000") as raised:
        locate(entry)
    assert f"get it from {server.endpoint}/team/nets/blob/{COMMIT}/folder/net.safetensors" in str(raised.value)
    assert f"put it in {tmp_path / 'home' / 'weights'} as net.safetensors" in str(raised.value)
    assert find(entry) is None
    assert nothing_left(tmp_path / "hf")
    server.bodies.append(Fault(after=2_000_000, how="short"))
    assert locate(entry).read_bytes() == data  # the next try brings it


def test_wrong_bytes(connect, server, entry, data):
    server.bodies.append(Fault(how="wrong"))
    for call in (locate, locate, find):
        with pytest.raises(WeightsError, match=f"than expected, {entry.sha256}, {len(data)} bytes.*again"):
            call(entry)
    assert len(server.bodies_sent()) == 1
    assert fetch(entry, again=True).read_bytes() == data
    assert find(entry).read_bytes() == data


def test_a_row_with_another_size(connect, data):
    with pytest.raises(WeightsError, match=f"has {len(data)} bytes and another sha256 than expected"):
        locate(make_entry(data, size=len(data) + 1))


def test_a_size_that_is_not_published(connect, data):
    assert locate(make_entry(data, size=None, size_note="about 3 MB")).read_bytes() == data


@pytest.mark.parametrize("change", [{"filename": "other.safetensors"}, {"revision": "f" * 40}])
def test_not_on_the_hub(connect, server, data, change):
    with pytest.raises(WeightsError, match=r"the Hub does not have it \(404\); get it from http"):
        locate(make_entry(data, **change))
    assert len(server.requests) == 1


def test_no_leave(connect, server, entry):
    server.heads += [Fault(401)]
    with pytest.raises(
        WeightsError, match=r"refuses it \(401\): .*accept its license .*HF_TOKEN.* license|license CC0"
    ):
        locate(entry)
    assert len(server.requests) == 1


@pytest.mark.parametrize("faults", ["heads", "bodies"])
def test_a_busy_server(connect, server, entry, data, faults):
    getattr(server, faults).append(Fault(503))
    assert locate(entry).read_bytes() == data


def test_a_server_that_stays_busy(connect, server, entry, tmp_path):
    server.bodies += [Fault(503)] * 3
    with pytest.raises(WeightsError, match="the Hub answers 503; get it from"):
        locate(entry)
    assert len(server.bodies_sent()) == 3
    assert nothing_left(tmp_path / "hf")


@contextmanager
def files_at_most(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk(connect, server, entry, data, tmp_path):
    with files_at_most(1_000_000), pytest.raises(WeightsError, match="the disk is full .*make room, or move HF_HOME"):
        locate(entry)
    assert nothing_left(tmp_path / "hf")
    assert find(entry) is None
    assert len(server.bodies_sent()) == 1
    assert locate(entry).read_bytes() == data


@pytest.fixture
def locked(tmp_path):
    """A folder that nobody can write to; chmod does not keep root out."""
    if os.geteuid() == 0:
        if not Path("/sys/kernel").is_dir():
            pytest.skip("root can write anywhere here")
        return Path("/sys/kernel")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    return folder


def test_a_cache_that_cannot_be_written_to(connect, entry, data, locked):
    connect(HF_HOME=locked / "hf")
    with pytest.raises(WeightsError, match="cache cannot be written to .*HF_HOME"):
        locate(entry)


def test_a_read_only_cache_and_home(connect, server, entry, data, tmp_path, locked):
    path = locate(entry)
    connect(MONOCHROMIC_HOME=locked / "home")
    folders = [p for p in (tmp_path / "hf").rglob("*") if p.is_dir() and not p.is_symlink()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert locate(entry) == path  # although nothing can be remembered
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert len(server.bodies_sent()) == 1


def test_offline(connect, server, entry, data):
    connect(HF_HUB_OFFLINE=1)
    with pytest.raises(WeightsError, match=r"net.safetensors .*CC0.*: HF_HUB_OFFLINE forbids to fetch it; get it from"):
        locate(entry)
    assert server.requests == []
    connect(HF_HUB_OFFLINE=0)
    path = locate(entry)
    connect(HF_HUB_OFFLINE=1)
    assert locate(entry) == path
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE"):
        fetch(entry, again=True)
    assert path.read_bytes() == data


def test_no_server(connect, server, entry, monkeypatch):
    """Said at once, where the library alone would try again for 23 seconds; and without the password."""
    connect(HF_ENDPOINT="http://user:secret@127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it waits"))
    words = (
        r"127.0.0.1:9 \(HF_ENDPOINT\) cannot be reached \(Connect.*network\?; get it from http://127.0.0.1:9/team/nets"
    )
    with pytest.raises(WeightsError, match=words) as error:
        locate(entry)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"HF_TOKEN": "hf_ab\ncd"}, "HF_TOKEN is no token"),
        ({"HF_TOKEN": "hf_\u00e9"}, "HF_TOKEN is no token"),
        ({"HTTP_PROXY": "http://me:secret@127.0.0.1:9", "NO_PROXY": ""}, "HTTP_PROXY is set: is the proxy right"),
        ({"HF_ENDPOINT": "http://127.0.0.1:{silent}"}, "did not answer within 0.2 s"),
        ({"HF_ENDPOINT": "https://127.0.0.1:{port}"}, "certificate of 127.0.0.1:.* is not accepted"),
        ({"HF_ENDPOINT": "https://127.0.0.1:{port}", "SSL_CERT_FILE": "/none.pem"}, "SSL_CERT_FILE"),
    ],
)
def test_settings_that_are_at_fault_are_named(connect, server, entry, monkeypatch, settings, words):
    monkeypatch.setattr(hub, "SECONDS", 0.2 if "silent" in str(settings) else 5)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        places = {"silent": silent.getsockname()[1], "port": server.server_port}
        connect(**{name: value.format(**places) for name, value in settings.items()})
        with pytest.raises(WeightsError, match=words) as error:
            locate(entry)
    assert "secret" not in str(error.value)
    assert "hf_" not in str(error.value)
    assert server.requests == []


def test_two_processes_at_once(connect, server, entry, data, tmp_path):
    given = json.dumps(vars(entry))
    command = [sys.executable, "-c", CLIENT, given]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = [client.communicate(timeout=60)[0].strip() for client in clients]
    assert [client.returncode for client in clients] == [0, 0]
    assert paths[0] == paths[1]
    assert Path(paths[0]).read_bytes() == data
    assert len(server.bodies_sent()) == 1
    assert find(entry) == Path(paths[0])


def test_a_killed_process(connect, server, entry, data, tmp_path):
    server.bodies.append(Fault(after=2_000_000, how="stalled"))
    client = subprocess.Popen([sys.executable, "-c", CLIENT, json.dumps(vars(entry))])
    assert server.stalled.wait(60)
    client.kill()
    client.wait()
    server.go_on.set()
    assert cached_path(entry) is None
    assert locate(entry).read_bytes() == data


def test_threads_at_once(connect, server, entry, data):
    found = []
    threads = [threading.Thread(target=lambda: found.append(locate(entry))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.read_bytes() == data for p in found] == [True] * 3


def test_a_model_folder_comes_before_cache_and_server(connect, server, entry, data, tmp_path):
    cached = locate(entry)
    folder = tmp_path / "models"
    folder.mkdir()
    with using_host(model_folders=(folder,)):
        assert locate(entry) == cached
        (folder / "net.safetensors").write_bytes(data)
        assert locate(entry) == folder / "net.safetensors"
        (folder / "net.safetensors").unlink()
        (folder / "folder").mkdir()
        (folder / "folder" / "net.safetensors").write_bytes(data)
        assert locate(entry) == folder / "folder" / "net.safetensors"
        (folder / "folder" / "net.safetensors").write_bytes(data[:-1] + b"x")
        with pytest.raises(WeightsError, match=f"damaged: {folder}.*expected, {entry.sha256}.*remove it or put"):
            locate(entry)


def test_nothing_is_asked_at_import_nor_for_bundled_weights(connect, server):
    script = "import sys, monochromic, monochromic.nodes, monochromic.cli.app\n"
    script += "from monochromic.core.weights import load_weights; load_weights('colour_prior')\n"
    script += "sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    assert server.requests == []


def test_tensors_of_a_fetched_file(connect, server, entry, data, monkeypatch):
    monkeypatch.setattr("monochromic.core.weights.store.get_entry", lambda name: entry)
    assert load_weights("net")["weight"].shape == (SIZE // 4,)


def test_only_one_file_knows_the_library(root):
    files = {p for folder in ("cli", "core", "nodes", "runner") for p in (root / folder).rglob("*.py")}
    knowing = [p.relative_to(root).as_posix() for p in files if "huggingface_hub import" in p.read_text()]
    assert knowing == ["core/weights/hub.py"]
