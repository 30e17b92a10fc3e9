"""Hosts of the real world on loopback: one that serves, cuts short, stalls, sends elsewhere or knows nothing."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Host:
    """``files[path]`` is what a path serves; ``asked`` are the paths in order, with the range asked for."""

    def __init__(self):
        self.files, self.asked, self.moved, self.cut, self.stalled = {}, [], {}, {}, set()
        self.released = threading.Event()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}/{path}"

    def answer(self, request):
        path = request.path.strip("/")
        self.asked.append((path, request.headers.get("Range")))
        if path in self.moved:
            request.send_response(302)
            request.send_header("Location", self.moved[path])
            request.end_headers()
        elif path not in self.files:
            request.send_response(404)
            request.end_headers()
            request.wfile.write(b"<html>no such page</html>")
        else:
            self._serve(request, path)

    def _serve(self, request, path):
        data, start = self.files[path], 0
        if request.headers.get("Range"):
            start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(data) - start))
        request.send_header("Accept-Ranges", "bytes")
        request.end_headers()
        kept = self.cut.get(path, [])
        request.wfile.write(data[start : start + kept.pop(0)] if kept else data[start:])
        if path in self.stalled:
            request.wfile.flush()
            self.released.wait(30)


@contextmanager
def serving():
    """A host in a thread of its own; it is gone afterwards."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            host.answer(self)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
