"""`check --baseline FILE`: the findings that were there when a team began, and are not reported again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Final, TextIO

from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.records import replace

from .. import whole_files
from .cells import printable
from .checked import Checked
from .errors import CommandError
from .files import reason
from .fingerprints import fingerprints
from .formats.words import counted

_VERSION: Final = 1


class Baseline:
    """Known findings, by fingerprint."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = frozenset(known)

    @classmethod
    def read(cls, path: str) -> Baseline:
        """Raises `CommandError` where the file cannot be read, or is none that `write` wrote."""
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
        except OSError as error:
            raise CommandError(f"the baseline {printable(path)} cannot be read: {reason(error)}") from error
        except ValueError as error:
            raise CommandError(f"the baseline {printable(path)} is not JSON: {error}") from error
        try:
            if content["version"] != _VERSION:
                raise CommandError(
                    f"the baseline {printable(path)} has version {content['version']}; {_VERSION} is known"
                )
            return cls(str(item["fingerprint"]) for item in content["findings"])
        except (KeyError, TypeError) as error:
            raise CommandError(f"{printable(path)} is no baseline of this program") from error

    def without_known(self, checked: Checked) -> Checked:
        """The file with the findings that are not in the baseline."""
        new: list[Finding] = []
        known: list[Finding] = []
        for finding, fingerprint in fingerprints(checked):
            (known if fingerprint in self._known else new).append(finding)
        return Checked(checked.target, replace(checked.analysis, findings=tuple(new)), tuple(known))


class Written:
    """A baseline that is being made: a format of `check`, of every finding.

    In the order of the files, a finding a line: a change of one is a change of one line in a review.
    """

    def __init__(self, path: str, output: TextIO) -> None:
        self._path = path
        self._output = output
        self._lines: list[str] = []

    def read(self, checked: Checked) -> list[str]:
        return [
            json.dumps(
                {
                    "file": os.path.basename(checked.target.path),
                    "rule": finding.rule,
                    "message": finding.message,
                    "fingerprint": fingerprint,
                }
            )
            for finding, fingerprint in fingerprints(checked)
        ]

    def add(self, part: list[str]) -> None:
        self._lines += part

    def finish(self) -> None:
        """Writes the file, as a whole or not at all, and says so. Raises `CommandError`."""
        lines = ",\n".join(f"    {line}" for line in self._lines)
        body = f"\n{lines}\n  " if lines else ""
        text = f'{{\n  "version": {_VERSION},\n  "findings": [{body}]\n}}\n'
        try:
            whole_files.replace(self._path, text.encode())
        except OSError as error:
            raise CommandError(
                f"the baseline {printable(self._path)} cannot be written: {reason(error)}"
            ) from error
        print(
            f"{counted(len(self._lines), 'finding')} written to {printable(self._path)}.", file=self._output
        )
