"""The file that `ecto-migrations tables` writes, read with the places of what is wrong in it.

Nothing in it is fatal: what cannot be used is a problem, and counts as not measured. Imported only where a
project has the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta

from ..records import replace
from ..syntax.source import Source
from ..syntax.span import Span
from .settings_file import SettingsFile, SettingsProblem
from .table_sizes import MAX_AGE, Size, TableSizes

_FIELDS = ("rows", "bytes")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def read_table_sizes(data: bytes, path: str, today: date | None = None) -> SettingsFile:
    """The sizes in the text of a file, as the value `sizes` of a settings file; never raises."""
    source = Source(data, path)

    def whole(offset: int, message: str) -> SettingsFile:
        line = source.lines.line_of(min(offset, len(data)))
        end = max(source.lines.line_end(line), offset)
        problem = SettingsProblem(Span(offset, end), f"{message}; no table's size is known from it")
        return SettingsFile(source=source, problems=(problem,))

    try:
        text = data.decode("utf-8-sig")
        stated = json.loads(text)
    except UnicodeDecodeError as error:
        return whole(error.start, "is no UTF-8")
    except json.JSONDecodeError as error:
        offset = len(data) - len(error.doc[error.pos :].encode())
        return whole(offset, f"is no JSON: {error.msg[:1].lower()}{error.msg[1:]}")
    except (RecursionError, ValueError):
        # ValueError: a number of thousands of digits.
        return whole(0, "cannot be read as JSON")
    if not isinstance(stated, Mapping) or not isinstance(stated.get("tables"), Mapping):
        return whole(0, 'is no file of table sizes: an object with the key "tables" is expected')
    reading = _Reading(source)
    for key in stated:
        if key not in ("measured", "tables"):
            reading.problem(key, f"unknown key `{key[:60]}`")
    found = TableSizes(
        entries=tuple(
            sorted(
                (name.removeprefix("public."), size)
                for name, item in stated["tables"].items()
                if (size := reading.size(name, item)) is not None
            )
        )
    )
    found = reading.measured(found, stated.get("measured"), today)
    problems = tuple(sorted(reading.problems, key=lambda problem: problem.span))
    return SettingsFile(source=source, values={"sizes": found}, problems=problems)


class _Reading:
    def __init__(self, source: Source) -> None:
        self._source = source
        self.problems: list[SettingsProblem] = []

    def problem(self, key: str, message: str) -> None:
        start, end = 0, 0
        for spelled in (json.dumps(key, ensure_ascii=False), json.dumps(key)):
            spelling = re.escape(spelled.encode("utf-8", "surrogatepass"))
            match = re.search(spelling + rb"\s*:", self._source.data)
            if match is not None:
                start, end = match.start(), match.start() + len(spelled.encode("utf-8", "surrogatepass"))
                break
        self.problems.append(SettingsProblem(Span(start, end), message))

    def size(self, name: str, item: object) -> Size | None:
        if not isinstance(item, Mapping):
            self.problem(name, f"expected an object with rows and bytes for `{name[:60]}`")
            return None
        numbers: dict[str, int] = {}
        for key, value in item.items():
            if key not in _FIELDS:
                self.problem(
                    name, f"unknown key `{str(key)[:60]}` of `{name[:60]}`; there is `rows`, `bytes`"
                )
            elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                numbers[key] = value
            elif value is not None:
                self.problem(name, f"expected a number of {key} for `{name[:60]}`")
        return Size(numbers.get("rows"), numbers.get("bytes")) if numbers else None

    def measured(self, found: TableSizes, stated: object, today: date | None) -> TableSizes:
        now = today or date.today()
        try:
            day = date.fromisoformat(stated) if isinstance(stated, str) and _DATE.fullmatch(stated) else None
        except ValueError:
            day = None
        if day is None:
            self.problem(
                "measured", "expected the day of the measurement, as in 2026-01-31; it counts as old"
            )
            return replace(found, old=True)
        if day > now + timedelta(days=1):
            self.problem("measured", f"{day} lies in the future; it counts as old")
            return replace(found, measured=day.isoformat(), old=True)
        age = (now - day).days
        if age > MAX_AGE:
            self.problem(
                "measured",
                f"measured {age} days ago: no finding is lowered for it any more;"
                " measure again with `ecto-migrations tables`",
            )
        return replace(found, measured=day.isoformat(), old=age > MAX_AGE)
