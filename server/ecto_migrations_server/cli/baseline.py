"""`check --baseline FILE`: the findings that were there when a team began, and are not reported again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Final

from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.records import replace

from .cells import printable
from .checked import Checked
from .errors import CommandError
from .files import reason
from .fingerprints import fingerprints

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


def write(path: str, files: Iterable[Checked]) -> int:
    """Writes every finding of the files as the baseline, and returns how many they are.

    In the order of the files, a finding a line: a change of one is a change of one line in a review.
    """
    items = [
        {
            "file": os.path.basename(checked.target.path),
            "rule": finding.rule,
            "message": finding.message,
            "fingerprint": fingerprint,
        }
        for checked in files
        for finding, fingerprint in fingerprints(checked)
    ]
    lines = ",\n".join(f"    {json.dumps(item)}" for item in items)
    body = f"\n{lines}\n  " if items else ""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'{{\n  "version": {_VERSION},\n  "findings": [{body}]\n}}\n')
    except OSError as error:
        raise CommandError(f"the baseline {printable(path)} cannot be written: {reason(error)}") from error
    return len(items)
