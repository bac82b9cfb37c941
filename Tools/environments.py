"""Python environments of tools that need packages: made below .deps when they are missing or of other versions."""

import hashlib
import os
import subprocess
import sys
import venv

from crash.server import ROOT
from crash.trial import skip


def use(name, requirements):
    """Goes on in the environment .deps/NAME, which has what a file of requirements lists.

    A machine on which it cannot be installed skips the test."""
    place = ROOT / ".deps" / name
    python, stamp = place / "bin" / "python", place / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing what {requirements.name} lists", flush=True)
        try:
            venv.create(place, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        except (subprocess.CalledProcessError, OSError) as error:
            skip(f"{requirements.name} cannot be installed on this machine: {error}")
        stamp.write_text(wanted)
    if os.path.realpath(sys.prefix) != os.path.realpath(place):
        os.execv(python, [str(python), *sys.argv])
