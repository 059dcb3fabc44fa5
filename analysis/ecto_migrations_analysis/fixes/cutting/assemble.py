"""The files of a migration that is taken apart: what each of them still does unsafely is made safe too."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...analysis import Analysis
from ...findings import Finding, Level
from ...records import dataclass, replace
from ...schema.state import Schema
from ...syntax.source import Source
from .. import elixir, module_edits, naming
from ..context import Context
from ..model import Change, Edit, Files, NewFile, Offer
from ..validate_later import INDEX_RULE

# No migration anybody writes needs as many.
_ROUNDS = 8
# The fixes that change how a thing is done, and not what, or what has to be deployed with it.
_SAFE_FORMS = (
    "concurrent-index",
    "constraint-from-index",
    "index-attributes",
    "move-index",
    "partitioned-index",
    "replace-foreign-key",
    "replace-key",
    "separate-concurrent",
    "split-not-null-add",
    "split-set-not-null",
    "split-transactions",
    "split-volatile-default",
    "validate-later",
    "write-rows-apart",
)
_OUTSIDE_MARK = "@disable_ddl_transaction true"
_OUTSIDE = "outside of a transaction: reads and writes go on."
INSIDE = "in a transaction of its own."
# As the texts of other fixes begin.
_OWN_STEP = re.compile(r"^# Step (\d+) of \d+", re.MULTILINE)
_STEP = re.compile(r"\b([Ss]tep(?: |\n# ))(\d+)( of \d+)?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One migration: its text for a module's name, what a comment says of it, and the schema it meets.

    `schema` is None where nothing is to be done about it: it is safe as it is.
    """

    name: str
    about: str
    text: Callable[[str], str]
    schema: Schema | None = None
    makes_indexes: bool = False


class _Allotted:
    """The files that exist, and those that were given a name here."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.new: set[str] = set()

    def names(self, folder: str) -> frozenset[str]:
        return self.files.names(folder) | frozenset(self.new)

    def read(self, path: str) -> bytes | None:
        return self.files.read(path)


@dataclass(frozen=True, slots=True)
class _Written:
    """A file, which part it belongs to, and what its comment says."""

    path: str
    text: str
    part: int
    about: str


def assembled(
    context: Context,
    first: Part | None,
    edits: tuple[Edit, ...],
    parts: list[Part],
    files: Files,
    *,
    about: str = "",
    silent: tuple[str, ...] = (),
) -> Change:
    """The current file and the new ones, in the order in which they run.

    `first` is the current file anew; without it, it is what `edits` leave, with `about` in a comment. The
    rules `silent` are not asked when it is made safe: who answers them asks for this.
    """
    document, own = context.document, context.migration.migration
    path = context.analysis.source.path
    assert path is not None
    folder, _ = naming.split_path(path)
    allotted = _Allotted(files)
    modules = {
        *context.analysis.project.sibling_modules,
        *(other.migration.module for other in context.analysis.migrations),
    }
    if first is None:
        left = applied(document.data, edits).decode("utf-8")
        current = Part(name="", about=about, text=lambda _: left, schema=context.migration.schema)
    else:
        current = first
    found: list[_Written] = []
    last = path
    for number, part in enumerate([current, *parts]):
        indexed = any(later.makes_indexes for later in parts[number:])
        if part is current:
            made = [(path, part.text(own.module))]
        else:
            new, module = naming.Namer(last, own.module, modules, allotted.names(folder or ".")).next(
                part.name
            )
            made = [(new, part.text(module))]
        if part.schema is not None:
            made = _safe(
                context.analysis,
                made[0],
                part.schema,
                allotted,
                (*silent, *((INDEX_RULE,) if indexed else ())),
            )
            wait = context.analysis.project.settings.lock_timeout
            made = [(new, text if new == path else _not_for_long(text, wait)) for new, text in made]
        for place, (new, text) in enumerate(made):
            about_it = part.about if place == 0 and part.about != INSIDE else _how(text)
            allotted.new.add(naming.split_path(new)[1])
            modules |= set(re.findall(r"^\s*defmodule ([\w.]+) do", text, re.MULTILINE))
            found.append(_Written(new, text, number, about_it))
            last = new
    texts = _numbered(found, 0 if first is not None else own.span.start)
    new_files = tuple(
        NewFile(one.path, document.lines(text.replace("\r\n", "\n")))
        for one, text in zip(found[1:], texts[1:], strict=True)
    )
    if first is not None:
        return Change(edits=(Edit(own.span, document.lines(texts[0].rstrip("\n"))),), new_files=new_files)
    from ..unattended import edits as differing

    whole = document.lines(texts[0].replace("\r\n", "\n")).encode()
    return Change(edits=differing(document.data, whole), new_files=new_files)


def _how(text: str) -> str:
    return _OUTSIDE if _OUTSIDE_MARK in text else INSIDE


def applied(data: bytes, edits: tuple[Edit, ...]) -> bytes:
    """The text after the edits."""
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data


def _numbered(found: list[_Written], module: int) -> list[str]:
    """The texts with a comment that says which step they are; those of a fix within keep theirs.

    `module` is the place of the module in the first of them, where it is a whole file.
    """
    numbered: list[str] = []
    by, part = 0, -1
    for number, one in enumerate(found, 1):
        own = _OWN_STEP.search(one.text)
        if own is not None:
            if one.part != part:
                by, part = number - int(own[1]), one.part
            numbered.append(_renumbered(one.text, by, len(found)))
            continue
        about = f"Step {number} of {len(found)}: {one.about}" if len(found) > 1 else _capital(one.about)
        data = one.text.encode()
        at = data.rfind(b"\n", 0, module) + 1 if number == 1 else 0
        text = data[:at].decode() + elixir.comment(about) + "\n" + data[at:].decode()
        numbered.append(text)
    return numbered


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _not_for_long(text: str, timeout: str) -> str:
    """The migration with a bound for how long it waits for locks, where it runs in a transaction."""
    if _OUTSIDE_MARK in text or "lock_timeout" in text:
        return text
    callback = elixir.indent(module_edits.after_begin(timeout).rstrip(), 2)
    return text.replace("  use Ecto.Migration\n", f"  use Ecto.Migration\n\n{callback}\n", 1)


def _renumbered(text: str, by: int, steps: int) -> str:
    def moved(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) + by}" + (f" of {steps}" if match[3] else "")

    head, module, rest = text.partition("defmodule ")
    return _STEP.sub(moved, head) + module + rest


def _safe(
    like: Analysis, file: tuple[str, str], schema: Schema, files: _Allotted, silent: tuple[str, ...]
) -> list[tuple[str, str]]:
    """The migration with the fixes that are preferred for what is a risk in it, and the files they make.

    The rules `silent` are not asked: where a later migration makes indexes, a foreign key gets none here.
    """
    # The registry knows the strategy that asks.
    from ...engine import analyze
    from ..registry import change, offers

    path, text = file
    known = like.project.settings
    settings = replace(known, ignore=(*known.ignore, *silent)) if silent else known
    project = replace(
        like.project,
        schema=schema,
        settings=settings,
        siblings=None,
        released=None,
        released_text=None,
    )
    files.new.add(naming.split_path(path)[1])
    behind: list[tuple[str, str]] = []
    for _ in range(_ROUNDS):
        analysis = analyze(Source(text.encode(), path), project)
        grave = [item for item in analysis.findings if item.level >= Level.RISK and item.forward]
        offer = _wanted(grave, offers(analysis)) if grave else None
        made = change(analysis, offer.id, files) if offer is not None else None
        if made is None or made.others:
            break
        text = applied(analysis.source.data, made.edits).decode()
        behind = [*((new.path, new.text) for new in made.new_files), *behind]
        files.new |= {naming.split_path(new.path)[1] for new in made.new_files}
    return [(path, text), *sorted(behind)]


def _wanted(grave: list[Finding], known: tuple[Offer, ...]) -> Offer | None:
    for offer in known:
        if not offer.preferred or not offer.id.startswith(_SAFE_FORMS):
            continue
        if any(finding.rule in offer.rules and finding.span in offer.finding_spans for finding in grave):
            return offer
    return None
