"""Virtual environments of the trials, below .deps; made when they are missing or of other versions."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from crash.server import ROOT
from crash.trial import skip


def use(name, *wanted, sources=()):
    """Goes on in the environment `name`.

    - Parameter wanted: arguments of pip: a requirements file (a path) or a package folder.
    - Parameter sources: files whose change makes it again, besides the requirements."""
    folder = ROOT / ".deps" / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    files = [path for path in wanted if path.is_file()] + sorted(sources)
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print(f"Installing {name}", flush=True)
        try:
            venv.create(folder, with_pip=True, clear=True)
            arguments = [text for path in wanted for text in (["-r", path] if path.is_file() else [path])]
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments],
                           check=True)
        except (subprocess.CalledProcessError, OSError) as error:
            skip(f"{name} cannot be installed on this machine: {error}")
        stamp.write_text(digest)
    if Path(sys.prefix).resolve() != folder.resolve():
        os.execv(python, [str(python), *sys.argv])


def use_python_client():
    """Goes on where the Python client is installed, as its users install it, and mypy."""
    package = ROOT / "clients" / "python"
    use("python-client", ROOT / "Tools" / "requirements-python-client.txt", package,
        sources=[package / "pyproject.toml", *(package / "hearth_client").rglob("*.py")])
