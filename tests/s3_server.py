"""An S3 on this machine, moto's, of which each fifth request goes wrong, in one way after the other."""

import socket
import threading
from contextlib import contextmanager
from itertools import count

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BUCKET = "archive"
WAYS = ("busy", "broken", "dropped", "cut", "lost")


class Flaky:
    """The application of the server, around which requests go wrong: busy and broken are answers, before anything is
    done; dropped has none; of cut half the answer comes; lost is done, but its answer never comes.
    """

    def __init__(self, every):
        self.app, self.every = DomainDispatcherApplication(create_backend_app), every
        self.numbers, self.failed = count(1), dict.fromkeys(WAYS, 0)

    def __call__(self, environ, start_response):
        number = next(self.numbers)
        way = WAYS[number // self.every % len(WAYS)] if self.every and number % self.every == 0 else None
        if way is None:
            return self.app(environ, start_response)
        self.failed[way] += 1
        if way in ("busy", "broken"):
            start_response("503 Slow Down" if way == "busy" else "500 Internal Server Error", [])
            return [b"<Error><Code>%b</Code></Error>" % (b"SlowDown" if way == "busy" else b"InternalError")]
        if way == "dropped":
            start_response("200 OK", [])
        body = b"" if way == "dropped" else b"".join(self.app(environ, start_response))
        return self._close(environ["werkzeug.socket"], body[: len(body) // 2] if way == "cut" else b"")

    def _close(self, connection, sent):
        if sent:
            yield sent
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def s3_server(monkeypatch, every=5):
    """A server with an empty bucket, the place of which is in the environment; what went wrong is in `failed`."""
    app = Flaky(0)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    words = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**words, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    app.every = every
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
