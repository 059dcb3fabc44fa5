"""git, asked for what it knows: no command that changes anything, runs a hook or an external program."""

from __future__ import annotations

import os


def git(folder: str, *arguments: str) -> str | None:
    """What a command of git prints; None where it fails or there is none."""
    command = ["git", "--no-pager", "--no-optional-locks", "-C", folder, *arguments]
    try:
        found = _spawned(command) if hasattr(os, "posix_spawnp") else _run(command)
    except OSError:
        return None
    return found.decode("utf-8", "replace") if found is not None else None


def branched_off(folder: str, revision: str) -> str | None:
    """The commit where HEAD branched off from a revision; None where git knows none."""
    # "--end-of-options": a revision that begins with a hyphen is none of git's options.
    return (git(folder, "merge-base", "--end-of-options", "HEAD", revision) or "").strip() or None


def _spawned(command: list[str]) -> bytes | None:
    """Without the module `subprocess`, whose import takes longer than git does."""
    reading, writing = os.pipe()
    try:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
        ]
        try:
            process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        finally:
            os.close(writing)
        parts = []
        while part := os.read(reading, 65536):
            parts.append(part)
        _, status = os.waitpid(process, 0)
    finally:
        os.close(reading)
    return b"".join(parts) if os.waitstatus_to_exitcode(status) == 0 else None


def _run(command: list[str]) -> bytes | None:
    import subprocess

    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
