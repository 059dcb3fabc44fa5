"""An index built or dropped concurrently, where it is all that the migration does.

CONCURRENTLY runs in no transaction (PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently"), and
Ecto's default migration lock keeps one open that the build would wait for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Run
from ..program.commands import Command, CreateIndex, DropIndex, Index
from ..syntax.span import Span
from . import module_edits
from .context import Context, Proposal, offer
from .model import Change, Edit
from .options import CallOptions

STRATEGY = "concurrent-index"
RULES = ("index-not-concurrent", "drop-index-not-concurrent")
CONSTRUCTORS = ("index", "unique_index")


def proposals(context: Context) -> Iterator[Proposal]:
    up = _commands(context.migration.up)
    if len(up) != 1 or not context.is_plain(up[0]):
        return
    command = up[0]
    if not isinstance(command, CreateIndex | DropIndex):
        return
    findings = context.findings(command.span, RULES)
    if not findings or (isinstance(command, DropIndex) and command.cascade is not False):
        return
    edits = _edits(context, command)
    if edits is None:
        return
    verb = "Build" if isinstance(command, CreateIndex) else "Drop"
    added = _added(context)
    title = f"{verb} the index concurrently" + (f" (adds {added})" if added else "")
    made = Change(edits=edits)
    yield Proposal(
        offer(
            context,
            STRATEGY,
            f"{command.index.table}.{command.index.name}",
            title,
            command.span,
            findings=findings,
            preferred=True,
            safe=True,
        ),
        lambda files: made,
    )


def _commands(run: Run | None) -> list[Command]:
    return list(run.program.commands) if run is not None else []


def _edits(context: Context, command: CreateIndex | DropIndex) -> tuple[Edit, ...] | None:
    spans: dict[Span, Index] = {command.span: command.index}
    for other in _commands(context.migration.down):
        # A `down` of its own runs outside a transaction from now on: it must be concurrent too. (A `change`
        # run backward has the span of the same text.)
        if not isinstance(other, CreateIndex | DropIndex) or not context.document.is_clean(other.span):
            return None
        if isinstance(other, DropIndex) and other.cascade is not False:
            return None
        if other.via or not other.always or other.repeated:
            return None
        spans[other.span] = other.index
    edits: list[Edit] = []
    for span, index in spans.items():
        if index.concurrently is True:
            continue
        edit = concurrently(context, span)
        if edit is None:
            return None
        edits.append(edit)
    attributes = module_edits.attributes(
        context.document, context.migration.migration, migration_lock=context.disable_migration_lock
    )
    return (
        tuple(sorted([*edits, *attributes], key=lambda edit: edit.span)) if attributes is not None else None
    )


def concurrently(context: Context, span: Span) -> Edit | None:
    """`concurrently: true` in the index of the command at `span`."""
    options = index_options(context, span)
    if options is None:
        return None
    if "concurrently" in options.pairs:
        return options.replace_value("concurrently", "true")
    return options.with_pair("concurrently: true")


def index_options(context: Context, span: Span) -> CallOptions | None:
    """The options of the one index in the command at `span`."""
    calls = list(context.document.calls(span, *CONSTRUCTORS))
    if len(calls) != 1:
        return None
    piped = any(
        node.kind == "binary_operator" and node.operator == "|>" and node.children[-1] is calls[0]
        for node in context.document.path(calls[0].span)
    )
    return CallOptions(context.document, calls[0], 1 if piped else 2)


def _added(context: Context) -> str:
    """The attributes that the change adds, as the title names them."""
    migration = context.migration.migration
    names = []
    if migration.disable_ddl_transaction.value is not True:
        names.append("@disable_ddl_transaction")
    if context.disable_migration_lock and migration.disable_migration_lock.value is not True:
        names.append("@disable_migration_lock")
    return " and ".join(names)
