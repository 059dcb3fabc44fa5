"""What was really run of a migration: `rehearse` and `cycle` write it down, the report ticks its boxes by it.

A run counts for the text that it was made with: whoever edits the migration unticks it. The record is one
file of JSON for each mix project, in the user's folder for such state and not in the project, of which a
rehearsal touches nothing; `--verified FILE` names another place, which CI can pass from one job to the next.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any, Final, Literal, get_args

from ecto_migrations_analysis.records import dataclass

Kind = Literal["rehearsal", "cycle", "tests"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# A record is no log: what is older than this many runs is forgotten.
_MOST_RUNS: Final = 500


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run. `file` is the migration from the project's root, with `/`; `at` is UTC, as in
    `2026-11-22T10:03:00Z`; `result` is one line for a person: "PostgreSQL 18.6, 10,000 rows: migrate ✓ …".
    """

    file: str
    sha256: str
    kind: Kind
    passed: bool
    at: str
    result: str

    @property
    def date(self) -> str:
        """`2026-11-22 10:03 UTC`."""
        return f"{self.at[:10]} {self.at[11:16]} UTC"


def ran(path: str, data: bytes, kind: Kind, *, passed: bool, result: str) -> Ran:
    """A run that ended just now, of the migration at `path` whose text was `data` when it began."""
    from datetime import UTC, datetime

    return Ran(
        file=_file(path),
        sha256=digest(data),
        kind=kind,
        passed=passed,
        at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        result=" ".join(result.split()),
    )


def remember(runs: Iterable[Ran], record: str) -> None:
    """Adds runs to a record; of each file, text and kind the newest stays. Raises OSError."""
    import tempfile

    known = {(run.file, run.sha256, run.kind): run for run in read(record)}
    for run in runs:
        key = (run.file, run.sha256, run.kind)
        known.pop(key, None)
        known[key] = run
    kept = sorted(known.values(), key=lambda run: run.at)[-_MOST_RUNS:]
    text = json.dumps({"runs": [_written(run) for run in kept]}, indent=2, ensure_ascii=False)
    folder = os.path.dirname(os.path.abspath(record))
    os.makedirs(folder, exist_ok=True)
    # Whole or not at all, also where two runs end at once.
    handle, fresh = tempfile.mkstemp(dir=folder, prefix=os.path.basename(record))
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text + "\n")
        os.replace(fresh, record)
    except OSError:
        os.unlink(fresh)
        raise


def read(record: str) -> tuple[Ran, ...]:
    """The runs of a record in their order; none where there is no file, and none from what is no record."""
    try:
        with open(record, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        return ()
    runs = found.get("runs") if isinstance(found, dict) else None
    return tuple(run for each in runs if (run := _read(each))) if isinstance(runs, list) else ()


def runs_of(path: str, data: bytes, runs: Iterable[Ran]) -> dict[Kind, Ran]:
    """What was run of the migration at `path` with exactly this text: the newest of each kind."""
    file, sha256 = _file(path), digest(data)
    return {run.kind: run for run in runs if run.file == file and run.sha256 == sha256}


def record_of(path: str) -> str:
    """Where the runs of the project are written down that the migration at `path` belongs to."""
    import hashlib

    root = _root(path)
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return os.path.join(_state(), "verified", f"{os.path.basename(root) or 'root'}-{name}.json")


def digest(data: bytes) -> str:
    """The text's identity. How a checkout ends its lines does not count."""
    import hashlib

    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def _state() -> str:
    """The user's folder for state (XDG base directory specification; Windows: %LOCALAPPDATA%)."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    else:
        base = os.environ.get("XDG_STATE_HOME") or ""
        # "All paths … must be absolute. If … relative … ignore it."
        if not os.path.isabs(base):
            base = os.path.expanduser("~/.local/state")
    return os.path.join(base, "ecto-migrations")


def _root(path: str) -> str:
    """The nearest folder upwards with a mix.exs; the migration's own folder where there is none."""
    own = os.path.dirname(os.path.realpath(path))
    folder = own
    while not os.path.isfile(os.path.join(folder, "mix.exs")):
        above = os.path.dirname(folder)
        if above == folder:
            return own
        folder = above
    return folder


def _file(path: str) -> str:
    return os.path.relpath(os.path.realpath(path), _root(path)).replace(os.sep, "/")


def _written(run: Ran) -> dict[str, Any]:
    return {
        "file": run.file,
        "sha256": run.sha256,
        "kind": run.kind,
        "passed": run.passed,
        "at": run.at,
        "result": run.result,
    }


def _read(found: Any) -> Ran | None:
    if not isinstance(found, dict):
        return None
    texts = [found.get(key) for key in ("file", "sha256", "at", "result")]
    kind, passed = found.get("kind"), found.get("passed")
    if kind not in KINDS or not isinstance(passed, bool) or not all(isinstance(text, str) for text in texts):
        return None
    file, sha256, at, result = map(str, texts)
    return Ran(file=file, sha256=sha256, kind=kind, passed=passed, at=at, result=result)
