#!/usr/bin/env python3
"""Installs the built programs into a folder of their own and uses them without the checkout.

    python3 Tools/install_test.py [--hearth .build/release/hearth] [--limit 120]

Where a user may make mount name spaces, the build folder and .deps are hidden meanwhile; everywhere, nothing of the
checkout may be mapped into the installed processes. Exit code 0: the installed server serves, registers and recalls,
and nothing of it is left after it was removed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crash.server import ROOT, Server
from crash.trial import add_options, limited, program

JPEG = {"Content-Type": "image/jpeg"}
EXPECTED = [
    "bin/hearth", "bin/hearth-worker", "lib/hearth/libopenvino_c.so", "share/hearth/ModelFolders/scatter/model.json",
    "share/man/man1/hearth.1", "share/bash-completion/completions/hearth", "share/zsh/site-functions/_hearth",
    "share/fish/vendor_completions.d/hearth.fish", "share/hearth/licences/hearth",
]


class Checks:
    """What was looked at, and what was wrong."""

    def __init__(self):
        self.failures = 0

    def expect(self, what, holds, detail=""):
        print(f"{'ok' if holds else 'FAILED':7} {what}", flush=True)
        if not holds:
            self.failures += 1
            print(detail)


def run(*command, **environment):
    """- Returns: exit code; all that it has printed."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env={**os.environ, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def install(checks, arguments, prefix):
    code, said = run("Scripts/install", prefix, RELEASE=str(program(arguments).parent))
    checks.expect("it is installed", code == 0, said)
    if code != 0:
        return
    models = [folder.parent.name for folder in (ROOT / ".deps" / "models").glob("*/model.json")]
    expected = EXPECTED + [f"share/hearth/{place}/{name}/{file}" for name in models for file in ("LICENSE", "NOTICE")
                           for place in ("ModelFolders/made", "licences/models")]
    missing = [name for name in expected if not (prefix / name).exists()]
    checks.expect("nothing is missing", not missing, missing)
    code, said = run("bash", "-n", prefix / "share/bash-completion/completions/hearth")
    checks.expect("the completions for bash are a script", code == 0, said)
    manual = (prefix / "share/man/man1/hearth.1").read_text()
    named = all(f".SS {name}" in manual for name in ["serve", "register", "doctor"])
    checks.expect("the manual has the commands", named)


def hide(folders):
    """Goes on in a mount name space in which the folders are empty.
    - Returns: whether that is so."""
    if os.environ.get("HEARTH_INSTALL_TEST_HIDDEN"):
        return True
    enter = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    hidden = [folder for folder in folders if folder.is_dir()]
    mounts = " && ".join(f"mount -t tmpfs tmpfs '{folder}'" for folder in hidden) or "true"
    if subprocess.run([*enter, "sh", "-c", mounts], capture_output=True).returncode != 0:
        print("the build folder stays visible: this user may not hide it", flush=True)
        return False
    os.environ["HEARTH_INSTALL_TEST_HIDDEN"] = "true"
    os.execvp(enter[0], [*enter, "sh", "-c", f'{mounts} && exec "$@"', "sh", sys.executable, *sys.argv])


def strays(pid, prefix):
    """Mapped files that are neither installed nor the system's."""
    system = ("/usr/lib/", "/lib/", "/lib64/", "/usr/share/", "/etc/", "/dev/", "/SYSV", "/memfd", "[", "anon_inode")
    mapped = {line.split(maxsplit=5)[5].strip() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()
              if len(line.split(maxsplit=5)) == 6}
    return sorted(path for path in mapped if not path.startswith((str(prefix), *system)))


def use(checks, prefix, folder):
    """Serves, registers a picture and finds it again by another one."""
    pictures = sorted((prefix / "share/hearth/Samples").glob("*/*/view-*.jpg"))[:2]
    with Server(prefix / "bin/hearth", folder / "data") as server:
        server.start()
        status, body = server.call(
            "POST", "/api/anchors?project=p&name=n", pictures[0].read_bytes(), JPEG)
        checks.expect("a picture is registered", status == 201, body)
        job = json.loads(body)["job_id"]
        end = time.monotonic() + 60
        while (reply := json.loads(server.call("GET", f"/api/jobs/{job}")[1]))["status"] in ("pending", "in_progress"):
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        checks.expect("its vector is made", reply["status"] == "completed", reply)
        status, body = server.call("POST", "/api/recall?project=p&k=1", pictures[1].read_bytes(), JPEG)
        matches = json.loads(body).get("matches", [])
        checks.expect("another picture finds it", status == 200 and len(matches) == 1, body)
        own = str(folder)
        for name, pid in [("front", server.process.pid)] + [("worker", pid) for pid in server.workers()]:
            left = [path for path in strays(pid, prefix) if not path.startswith(own)]
            checks.expect(f"the {name} maps nothing of elsewhere", not left, left)
        checks.expect("it stops", server.stop() == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, limit=180)
    parser.add_argument("--prefix", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    checks = Checks()
    if arguments.prefix:
        # The second half, with the build folder hidden where that is possible.
        hide([ROOT / ".build", ROOT / ".deps", program_folder(arguments)])
        with limited(arguments):
            use(checks, arguments.prefix / "prefix", arguments.prefix)
        return 1 if checks.failures else 0
    with limited(arguments), tempfile.TemporaryDirectory(prefix="hearth-install-") as folder:
        prefix = Path(folder) / "prefix"
        install(checks, arguments, prefix)
        if not checks.failures:
            second = subprocess.run([sys.executable, __file__, *sys.argv[1:], "--prefix", folder])
            checks.expect("the installed programs work without the checkout", second.returncode == 0)
        code, said = run("Scripts/install", prefix, RELEASE=str(program(arguments).parent))
        checks.expect("installing again replaces it", code == 0, said)
        code, said = run("Scripts/install", "--remove", prefix)
        left = sorted(str(path) for path in prefix.rglob("*")) if prefix.exists() else []
        checks.expect("removing leaves nothing", code == 0 and not left, said + "\n".join(left[:10]))
        code, said = run("Scripts/install", "--remove", prefix)
        checks.expect("what is not there cannot be removed", code != 0 and "no Hearth" in said, said)
    print(f"{checks.failures} failed" if checks.failures else "it can be moved")
    return 1 if checks.failures else 0


def program_folder(arguments):
    """The build folder of the program that was named."""
    return program(arguments).parent if arguments.hearth.exists() else ROOT / ".build"


if __name__ == "__main__":
    sys.exit(main())
