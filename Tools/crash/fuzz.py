"""Changes good requests at random: whatever comes of it, the server answers, and never that it has failed itself."""

import json
import socket

EDGE = b"fuzz-edge"


def form(fields, image):
    parts = [b"--" + EDGE + f'\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
             for name, value in fields.items()]
    parts.append(b"--" + EDGE + b'\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
                 b"Content-Type: image/jpeg\r\n\r\n" + image + b"\r\n--" + EDGE + b"--\r\n")
    return b"".join(parts)


def good_requests(picture):
    """Method and path, content type, body: what a client would send."""
    import base64

    encoded = base64.b64encode(picture).decode()
    text, jpeg = "application/json", "image/jpeg"

    def words(value):
        return json.dumps(value).encode()

    return [
        ("POST /api/anchors?project=fuzz&name=raw", jpeg, picture),
        ("POST /api/anchors", f"multipart/form-data; boundary={EDGE.decode()}",
         form({"project": "fuzz", "name": "form"}, picture)),
        ("POST /api/anchors", text, words({"project": "fuzz", "name": "json", "image_base64": encoded})),
        ("POST /api/recall?project=fuzz&k=3", jpeg, picture),
        ("POST /api/recall", text, words({"image_base64": encoded, "k": 3})),
        ("POST /api/collections", text, words({"name": "fuzz", "dims": 4, "attributes": {"a": "text"}})),
        ("POST /api/collections/fuzz/records", text, words({"records": [
            {"id": "r1", "vector": [1, 0, 0.5, 1e-3], "payload": {"a": "é", "deep": [{"b": None}]}}]})),
        ("POST /api/collections/fuzz/query", text, words({
            "vector": [1, 0, 0, 0], "k": 5, "filter": {"or": [{"a": "x"}, {"not": {"a": {"in": ["y"]}}}]}})),
        ("POST /products?external_id=f-1&template=shop&title=Tea", jpeg, picture),
        ("POST /products/orchestrate/quick-scan?template=shop&k=3", jpeg, picture),
        ("GET /api/characters?project=fuzz&limit=5", None, b""),
        ("GET /api/jobs?limit=5&status=completed", None, b""),
        ("POST /v1/embeddings", text, words({"input": ["a", "b"], "encoding_format": "base64"})),
        ("POST /embed/batch", text, words({"texts": ["a"], "images": [encoded[:400]]})),
    ]


def changed(chance, data):
    """The bytes with one to four random changes."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(data) + 1)
        kind = chance.choice(("flip", "cut", "insert", "repeat", "replace", "drop"))
        if kind == "insert" or not data:
            data[place:place] = chance.choice((
                b"\0", b"\xff\xfe", b"%00", b"%2e%2e%2f", b'"', b"}", b"]", b"\r\n", b"-1", b"1e999", b"&", b"{}",
                b"9" * 30, b"[" * 200, b"\\ud800", "😀".encode(), chance.randbytes(9)))
        elif kind == "flip":
            data[min(place, len(data) - 1)] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del data[place:]
        elif kind == "repeat":
            data[place:place] = data[place:place + chance.choice((1, 20, 1000))]
        elif kind == "replace":
            data[place:place + 4] = chance.randbytes(4)
        elif kind == "drop":
            del data[place:place + chance.choice((1, 3, 100))]
    return bytes(data)


def request(chance, good):
    """The bytes of a changed request."""
    line, kind, body = good
    line = line.encode()
    what = chance.choice(("body", "body", "line", "type", "length"))
    if what == "body" and body:
        body = changed(chance, body)
    elif what == "line":
        method, _, path = line.partition(b" ")
        # A line break would begin another request, whose answer is never read.
        line = method + b" " + changed(chance, path).replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"")
    elif what == "type" and kind:
        kind = changed(chance, kind.encode()).replace(b"\r", b"").replace(b"\n", b"").decode("latin-1")
    length = len(body)
    if what == "length":
        length = chance.choice((0, len(body) // 2))
    head = line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    if kind:
        head += b"Content-Type: " + kind.encode("latin-1") + b"\r\n"
    return head + f"Content-Length: {length}\r\n\r\n".encode() + body[:length]


def answer(port, data):
    """Everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        received = b""
        try:
            connection.sendall(data)
            while piece := connection.recv(65_536):
                received += piece
        except ConnectionError:
            pass
        return received


def attack(hostile, chance, rounds, picture):
    """Sends `rounds` changed requests.
    - Returns: how many answers of each status there were."""
    good, statuses = good_requests(picture), {}
    for number in range(rounds):
        data = request(chance, chance.choice(good))
        name = f"fuzz {number} {data[:70]!r}"
        try:
            received = answer(hostile.server.port, data)
        except OSError as error:
            hostile.fault(name, f"got no answer: {error!r}")
            continue
        hostile.count += 1
        if not received.startswith(b"HTTP/1.1 "):
            hostile.fault(name, f"got {received[:60]!r}")
            continue
        status = int(received.split()[1])
        statuses[status] = statuses.get(status, 0) + 1
        if status >= 500 and status not in (501, 503):
            hostile.fault(name, f"answered {status}: {received[-300:]!r}")
        if status >= 400 and b'"' not in received.partition(b"\r\n\r\n")[2]:
            hostile.fault(name, f"answered {status} without a word")
    return statuses
