"""A small server on loopback that speaks as much of the Hugging Face Hub as a download needs."""

import hashlib
import re
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RESOLVE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
REFUSALS = {401: "GatedRepo", 404: "EntryNotFound"}


class Request(NamedTuple):
    method: str
    path: str
    range: str | None
    token: str | None


class Fault(NamedTuple):
    """What goes wrong with one answer: a status, or a body that ends after some bytes, or has others."""

    status: int = 0
    after: int = 0
    how: str = ""  # closed, reset: the connection; short: the server says it is all; wrong: other bytes; stalled


class HubServer(ThreadingHTTPServer):
    """Holds files by (repository, name); `heads` and `bodies` are the faults of the next answers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.heads, self.bodies, self.requests = {}, [], [], []
        self.stalled, self.go_on = threading.Event(), threading.Event()
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.storage = f"http://localhost:{self.server_port}"  # another host, as where the Hub keeps large files

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # a client that leaves is what some tests are about

    def bodies_sent(self):
        return [r for r in self.requests if r.path.startswith("/storage/")]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(self.server.heads)

    def do_GET(self):
        self.answer(self.server.bodies)

    def answer(self, faults):
        if self.path.startswith("/api/"):  # the library asks for what it can do without
            return self.refuse(404)
        headers = self.headers
        self.server.requests.append(Request(self.command, self.path, headers["Range"], headers["Authorization"]))
        fault = faults.pop(0) if faults else Fault()
        if fault.status:
            return self.refuse(fault.status)
        if self.path.startswith("/storage/"):
            return self.send(self.stored(), fault)
        found = RESOLVE.fullmatch(self.path)
        data = found and self.server.files.get((found["repo"], found["file"]))
        if data is None or found["revision"] != COMMIT:
            return self.refuse(404)
        return self.redirect(data)

    def stored(self):
        wanted = self.path.rpartition("/")[2]
        return next(d for d in self.server.files.values() if hashlib.sha256(d).hexdigest() == wanted)

    def redirect(self, data):
        etag = hashlib.sha256(data).hexdigest()
        self.send_response(302)
        self.send_header("Location", f"{self.server.storage}/storage/{etag}")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("X-Linked-Etag", f'"{etag}"')
        self.send_header("X-Linked-Size", str(len(data)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def refuse(self, status):
        self.send_response(status)
        self.send_header("X-Error-Code", REFUSALS.get(status, ""))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, data, fault):
        start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if self.headers["Range"] else 0
        body = bytes(255 - b for b in data[start:]) if fault.how == "wrong" else data[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(fault.after if fault.how == "short" else len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: fault.after] if fault.after else body)
        if fault.how == "stalled":
            self.server.stalled.set()
            self.server.go_on.wait()
        if fault.how in ("closed", "reset", "stalled"):
            self.close_connection = True
        if fault.how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *_):
        pass
