"""How often each rule fires."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from ecto_migrations_analysis.findings import Level

from ..checked import Checked
from . import json_output


class Statistics:
    """Counts, the most frequent first, those of a level that a rule reached apart."""

    def __init__(self, output: TextIO, as_json: bool = False) -> None:
        self._output = output
        self._as_json = as_json
        self._counts: Counter[tuple[str, Level]] = Counter()

    def read(self, checked: Checked) -> list[tuple[str, Level]]:
        return [(finding.rule, finding.level) for finding in checked.analysis.findings]

    def add(self, part: list[tuple[str, Level]]) -> None:
        self._counts.update(part)

    def finish(self) -> None:
        rows = sorted(self._counts.items(), key=lambda row: (-row[1], row[0][0], -row[0][1]))
        if self._as_json:
            counts = [{"rule": rule, "level": str(level), "count": count} for (rule, level), count in rows]
            json_output.write(counts, self._output)
            return
        width = len(str(rows[0][1])) if rows else 0
        for (rule, level), count in rows:
            print(f"{count:>{width}}  {level!s:<6}  {rule}", file=self._output)
