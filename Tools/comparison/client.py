"""The one client that measures both builds: raw sockets and requests that are built beforehand, so that little of a
figure is its own."""

import base64
import json
import socket
import threading
import time

DIGITS = 12
# Where a picture's number stands: behind the start mark, the comment's mark and its length; a multiple of three, so
# that it can be replaced in base64 too.
NUMBER = 6


def request(method, path, body=b"", kind="application/json"):
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return bytearray(head.encode() + body)


def words(method, path, value):
    return request(method, path, json.dumps(value).encode())


def comment(content):
    """A comment of a JPEG."""
    return b"\xff\xfe" + (len(content) + 2).to_bytes(2, "big") + content


def numbered(jpeg, size=0):
    """The picture with a comment that holds a number, and further ones until it has `size` bytes."""
    comments = comment(b"0" * DIGITS)
    while (missing := size - len(jpeg) - len(comments)) > 4:
        comments += comment(b"h" * min(missing - 4, 60_000))
    return jpeg[:2] + comments + jpeg[2:]


class Numbered:
    """A request whose picture, and name where it has one, is made another one in place."""

    def __init__(self, data, picture, name=None, is_base64=False):
        """- Parameters: offsets of the picture and of the name's digits in `data`."""
        self.data, self.picture, self.name, self.is_base64 = data, picture, name, is_base64

    def numbered(self, number):
        digits = str(number).zfill(DIGITS).encode()
        if self.name is not None:
            self.data[self.name:self.name + DIGITS] = digits
        mark = base64.b64encode(digits) if self.is_base64 else digits
        place = self.picture + (NUMBER // 3 * 4 if self.is_base64 else NUMBER)
        self.data[place:place + len(mark)] = mark
        return self.data

    def copy(self):
        return Numbered(bytearray(self.data), self.picture, self.name, self.is_base64)


def registration(picture):
    """`POST /api/anchors` with a name and the picture in base64."""
    body = b'{"name":"c' + b"0" * DIGITS + b'","image_base64":"' + base64.b64encode(picture) + b'"}'
    data = request("POST", "/api/anchors", body)
    start = len(data) - len(body)
    return Numbered(data, start + body.index(b"base64") + len(b'base64":"'), start + 10, is_base64=True)


def upload(path, picture):
    """The picture as the body."""
    data = request("POST", path, picture, "image/jpeg")
    return Numbered(data, len(data) - len(picture))


class Connection:
    """One connection that is kept open."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def send(self, data):
        """- Returns: status and body. - Raises: OSError."""
        self.socket.sendall(data)
        received = self.socket.recv(65_536)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.more()
        head = received[:end].lower()
        place = head.find(b"content-length:")
        if place < 0:
            raise OSError(f"an answer without a length: {head[:200]!r}")
        length = int(head[place + 15:].split(b"\r\n", 1)[0])
        while len(received) < end + 4 + length:
            received += self.more()
        return int(received[9:12]), received[end + 4:]

    def more(self):
        piece = self.socket.recv(262_144)
        if not piece:
            raise OSError("the connection was closed")
        return piece

    def call(self, data, expected=(200, 201, 202)):
        """The answer as JSON. - Raises: OSError for another status."""
        status, body = self.send(data)
        if status not in expected:
            raise OSError(f"{bytes(data[:60])!r} was answered by {status}: {body[:300]!r}")
        return json.loads(body)


class Numbers:
    """Numbers that were not used before."""

    def __init__(self):
        self.last, self.lock = 0, threading.Lock()

    def next(self):
        with self.lock:
            self.last += 1
            return self.last


def loop(port, seconds, next_request, expected=(200, 201)):
    """One request after the other over one connection.
    - Returns: milliseconds of each."""
    times = []
    with Connection(port) as connection:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            data = next_request()
            begin = time.perf_counter()
            status, body = connection.send(data)
            times.append((time.perf_counter() - begin) * 1e3)
            if status not in expected:
                raise OSError(f"{bytes(data[:60])!r} was answered by {status}: {body[:300]!r}")
    return times


def many(port, seconds, makers, expected=(200, 201)):
    """As `loop`, over as many connections as there are makers of requests.
    - Returns: milliseconds of each; requests a second."""
    times, failures = [], []

    def work(maker):
        try:
            times.extend(loop(port, seconds, maker, expected))
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(maker,), daemon=True) for maker in makers]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return times, len(times) / (time.perf_counter() - begin)
