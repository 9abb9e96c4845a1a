"""The real ComfyUI that these tests drive, one for each file of them."""

from pathlib import Path

import pytest
from comfyui_server import FOLDER, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not FOLDER:
        pytest.skip("set MONOCHROMIC_COMFYUI to a ComfyUI folder to run the pack in it")
    server = Server(tmp_path_factory.mktemp("comfyui"), Path(__file__).parents[2])
    yield server
    server.process.terminate()
    server.process.wait(30)
