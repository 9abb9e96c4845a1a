"""A real ComfyUI to test in: started on loopback with folders of its own, driven over HTTP and its websocket."""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

FOLDER = os.environ.get("MONOCHROMIC_COMFYUI")
PYTHON = os.environ.get("MONOCHROMIC_COMFYUI_PYTHON", sys.executable)


class Server:
    """A ComfyUI on the CPU, on loopback, with folders of its own."""

    def __init__(self, base, pack, arguments=(), folder="any name-1"):  # a folder may be called anything
        self.base, self.log = base, base / "server.log"
        for name in ("custom_nodes", "input", "output", "models", "user"):
            (base / name).mkdir()
        self.folder = folder
        (base / "custom_nodes" / self.folder).symlink_to(pack, target_is_directory=True)
        for picture in (pack / "workflows" / "input").glob("*.png"):
            shutil.copy(picture, base / "input")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [PYTHON, "main.py", "--cpu", "--listen", "127.0.0.1", "--port", str(self.port)]
        command += ["--disable-api-nodes", "--base-directory", str(base), *arguments]
        home = {**os.environ, "MONOCHROMIC_HOME": str(base / "home")}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=FOLDER, env=home, stdout=log, stderr=subprocess.STDOUT)
        self.wait_for(lambda: self.get("/system_stats"), 180)

    def wait_for(self, probe, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if found := probe():
                    return found
            except OSError:
                pass
            time.sleep(0.3)
        raise TimeoutError(self.log.read_text())

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return json.load(answer)

    def post(self, prompt, client="test"):
        return self.send("/prompt", {"prompt": prompt, "client_id": client})["prompt_id"]

    def send(self, path, data):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(data).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    @contextmanager
    def listen(self, client):
        """What the server pushes to a client's page, message by message: text as data, pictures as bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as link, link.makefile("rb") as pipe:
            lines = [f"GET /ws?clientId={client} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Upgrade: websocket"]
            lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: bW9ub2Nocm9taWMxMjM0NQ=="]
            link.sendall("\r\n".join([*lines, "", ""]).encode())
            while pipe.readline().strip():
                pass
            yield frames(pipe)

    def run(self, prompt):
        """Outputs of a prompt, by node."""
        key = self.post(prompt)
        done = self.wait_for(lambda: self.get(f"/history/{key}").get(key), 300)
        assert done["status"]["status_str"] == "success", done["status"]
        return done["outputs"]


def frames(pipe):
    """Messages of a websocket (RFC 6455, section 5.2) as the server sends them: unmasked."""
    while True:
        kind, length = struct.unpack("!BB", pipe.read(2))
        if length > 125:
            code = "!H" if length == 126 else "!Q"
            length = struct.unpack(code, pipe.read(struct.calcsize(code)))[0]
        data = pipe.read(length)
        yield json.loads(data) if kind & 15 == 1 else data
