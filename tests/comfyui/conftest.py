"""The real ComfyUI that these tests drive, one for each file of them."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from comfyui_server import FOLDER, Server


@contextmanager
def running(folder, *arguments):
    """A server with folders of its own, started with more arguments of ComfyUI's."""
    if not FOLDER:
        pytest.skip("set MONOCHROMIC_COMFYUI to a ComfyUI folder to run the pack in it")
    server = Server(folder, Path(__file__).parents[2], arguments)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("comfyui")) as server:
        yield server


@pytest.fixture(scope="module")
def start_server():
    return running
