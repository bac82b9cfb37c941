#!/usr/bin/env python3
"""Runs a server behind the documented proxies (nginx, Caddy) and checks what a client sees through them.

  python3 Tools/proxy_test.py --hearth .build/debug/hearth

Needs openssl, and nginx or caddy: one that is not installed is skipped, and said so.
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, seconds=30):
    deadline = time.time() + seconds
    while time.time() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


class Client:
    """Speaks to the proxy by TLS and trusts its certificate alone."""

    def __init__(self, port, certificate, key):
        self.port, self.key = port, key
        self.context = ssl.create_default_context(cafile=str(certificate))

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return self.context.wrap_socket(plain, server_hostname="hearth.example")

    def send(self, method, path, body=None, headers=None, key=True):
        connection = http.client.HTTPConnection("hearth.example", timeout=20)
        connection.sock = self.connect()
        headers = dict(headers or {})
        if key:
            headers["Authorization"] = f"Bearer {self.key}"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, data

    def websocket(self, path):
        sock = self.connect()
        nonce = base64.b64encode(os.urandom(16)).decode()
        sock.sendall(
            (
                f"GET {path} HTTP/1.1\r\nHost: hearth.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {self.key}\r\n\r\n"
            ).encode()
        )
        data = b""
        deadline = time.time() + 20
        while time.time() < deadline and b'"status"' not in data:
            piece = sock.recv(4096)
            if not piece:
                break
            data += piece
        sock.close()
        return data


def check(name, good, detail=""):
    print(f"{'ok ' if good else 'NO '} {name}{'' if good else f': {detail}'}", flush=True)
    return bool(good)


def checks(label, client):
    good = True
    status, body = client.send("GET", "/health", key=False)
    good &= check(f"{label}: health needs no key", status == 200, (status, body))
    status, body = client.send("GET", "/api/projects", key=False)
    good &= check(f"{label}: without a key", status == 401, (status, body))
    status, body = client.send("GET", "/api/projects")
    good &= check(f"{label}: with a key", status == 200, (status, body))
    picture = (HERE.parent / "Samples").rglob("*.jpg")
    picture = next(iter(sorted(picture)), None) or next(iter(sorted((HERE.parent / "Samples").rglob("*.png"))))
    path = "/api/anchors?project=proxy&name=Ada"
    status, body = client.send("POST", path, picture.read_bytes(), {"Content-Type": "application/octet-stream"})
    good &= check(f"{label}: a picture is registered", status in (200, 201), (status, body))
    job = json.loads(body).get("job_id") if status in (200, 201) else None
    data = client.websocket(f"/ws/{job}")
    good &= check(f"{label}: a job's events by WebSocket", b" 101 " in data and b'"status"' in data, data[:300])
    collection = json.dumps({"name": "p", "dims": 4})
    status, body = client.send("POST", "/api/collections", collection, {"Content-Type": "application/json"})
    good &= check(f"{label}: a collection is made", status == 201, (status, body))
    vector = [0.1, 0.2, 0.3, 0.4]
    lines = "\n".join(json.dumps({"id": f"r{i}", "vector": vector, "document": "d" * 1000}) for i in range(4000))
    status, body = client.send("POST", "/api/collections/p/import", lines, {"Content-Type": "application/jsonl"})
    good &= check(f"{label}: an import of 4 MB", status == 200, (status, body[:300]))
    status, body = client.send("GET", "/api/collections/p/export")
    count = len(body.splitlines())
    good &= check(f"{label}: an export of as much", status == 200 and count == 4000, (status, count))
    return good


def nginx_configuration(folder, port, backend):
    text = (HERE / "proxy" / "nginx.conf").read_text()
    for name, value in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("127.0.0.1:8420", f"127.0.0.1:{backend}"),
        (" certificate.pem;", f" {folder / 'certificate.pem'};"),
        (" key.pem;", f" {folder / 'key.pem'};"),
    ):
        text = text.replace(name, value)
    paths = "".join(
        f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("http {\n", f"http {{\n    access_log off;\n{paths}", 1)
    head = f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n"
    (folder / "nginx.conf").write_text(head + text)
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy_configuration(folder, port, backend):
    text = (HERE / "proxy" / "Caddyfile").read_text()
    body = text[text.index("hearth.example {"):].replace("127.0.0.1:8420", f"127.0.0.1:{backend}")
    files = f"\ttls {folder}/certificate.pem {folder}/key.pem\n\tbind 127.0.0.1\n"
    body = body.replace("hearth.example {\n", f"hearth.example:{port} {{\n{files}", 1)
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(options + body)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hearth", default=".build/release/hearth")
    hearth = os.path.abspath(parser.parse_args().hearth)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEARTH_")}
    good = True
    with tempfile.TemporaryDirectory(prefix="hearth-proxy-") as name:
        folder = pathlib.Path(name)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=hearth.example", "-addext", "subjectAltName=DNS:hearth.example",
             "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
            check=True, capture_output=True)
        data = folder / "data"
        made = subprocess.run(
            [hearth, "keys", "create", "proxy", "--permission", "admin", "--data", data], env=environment, check=True,
            capture_output=True, text=True)
        key = made.stdout.strip()
        is_alone = re.fullmatch(r"hk_[A-Za-z0-9_-]{43}", key)
        good &= check("the key stands alone on standard output", is_alone, made.stdout)
        port = free_port()
        environment["HEARTH_WORKER"] = "false"
        server = subprocess.Popen([hearth, "serve", "--data", data, "--port", str(port)], env=environment)
        try:
            wait_for(port, server)
            for label, configure in (("nginx", nginx_configuration), ("caddy", caddy_configuration)):
                if shutil.which(label) is None:
                    print(f"--  {label} is not installed: skipped")
                    continue
                good &= run(label, configure, folder, port, key, environment)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    sys.exit(0 if good else 1)


def run(label, configure, folder, backend, key, environment):
    port = free_port()
    home = {**environment, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    errors = (folder / f"{label}.err").open("w")
    proxy = subprocess.Popen(
        configure(folder, port, backend), env=home, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        wait_for(port, proxy)
        client = Client(port, folder / "certificate.pem", key)
        result = checks(label, client)
        client.send("DELETE", "/api/collections/p")
        return result
    finally:
        proxy.terminate()
        proxy.wait(timeout=20)


if __name__ == "__main__":
    main()
