"""Words that a SQL text lacks, or has too many."""

from __future__ import annotations

import re

from ...findings import Finding
from ...operations import AddEnumValue, CreateFunction, DropObject, RefreshMaterializedView, Reindex
from ...records import replace
from ...schema.state import Schema
from ...syntax.span import Span
from .. import module_edits, sql_names
from ..context import Context
from ..options import CallOptions
from .edits import Fix, Small, enclosing_call, raw, sql_insert, sql_replace

_EXTENSION = re.compile(rb"\s*CREATE\s+EXTENSION\s+", re.I)
_CASCADE = re.compile(rb"\s*\bCASCADE\b", re.I)
_VALUE = re.compile(rb"\s*ALTER\s+TYPE\s+\S+\s+ADD\s+VALUE\s+", re.I)
_ENDS = re.compile(rb"'(?=\s*;?\s*\Z)")
_REINDEX = re.compile(rb"\s*REINDEX\s+(?:\([^()]*\)\s*)?(?:INDEX|TABLE|SCHEMA|DATABASE)\s+", re.I)
_REFRESH = re.compile(rb"\s*REFRESH\s+MATERIALIZED\s+VIEW\s+", re.I)
_SET = re.compile(rb"\s*SET\s+(?!LOCAL\b|SESSION\b)", re.I)
_SET_SESSION = re.compile(rb"(?<=SET)\s+SESSION(?=\s+(?!AUTHORIZATION\b|CHARACTERISTICS\b))", re.I)
_LOCK = re.compile(rb"\bpg_(try_)?advisory_lock(_shared)?\b", re.I)
_DEFINER = re.compile(rb"\bSECURITY\s+DEFINER\b", re.I)
_REFUSED = "Leave CASCADE out: it fails where something depends on it"
# REINDEX … CONCURRENTLY is there since then (release notes of PostgreSQL 12).
_REINDEX_SINCE = 12


def _extension(context: Context, finding: Finding) -> Small | None:
    edits = sql_insert(context, finding, _EXTENSION, "IF NOT EXISTS ")
    if edits is not None:
        # On the way back it would be dropped, also where it was there before.
        safe = not any(
            isinstance(item, DropObject) and item.kind == "extension"
            for step in (context.migration.down.steps if context.migration.down is not None else ())
            for item in step.statement.operations
        )
        return Small(title="Create it IF NOT EXISTS", edits=tuple(edits), safe=safe)
    return _no_cascade(context, finding)


def _no_cascade(context: Context, finding: Finding) -> Small | None:
    # The finding may be the word itself: the blanks before it go too.
    start, end = finding.span
    while context.document.data[start - 1 : start] == b" ":
        start -= 1
    edits = sql_replace(context, replace(finding, span=Span(start, end)), _CASCADE, "")
    if edits is None:
        return None
    return Small(title=_REFUSED, edits=tuple(edits))


def _enum_value(context: Context, finding: Finding) -> Small | None:
    edits = sql_insert(context, finding, _VALUE, "IF NOT EXISTS ")
    return Small(title="Add it IF NOT EXISTS", edits=tuple(edits), safe=True) if edits is not None else None


def _enum_order(context: Context, finding: Finding) -> Small | None:
    """The place where the value comes to stand, said."""
    for step in context.steps:
        for operation in step.statement.operations:
            if not isinstance(operation, AddEnumValue) or operation.span != finding.span:
                continue
            enum = step.before.enums.get(Schema.key(operation.name))
            if enum is None or not enum.complete or not enum.values or step.before.uncertain:
                return None
            last = enum.values[-1]
            if "'" in last or '"' in last or "\\" in last:
                return None
            text = f"' AFTER '{last}'"
            edits = sql_replace(context, finding, _ENDS, text)
            if edits is None:
                return None
            return Small(title=f"Say where: AFTER '{last}'", edits=tuple(edits), safe=True)
    return None


def _reindex(context: Context, finding: Finding) -> Small | None:
    version = context.analysis.project.version
    if version is not None and version.major < _REINDEX_SINCE:
        return None
    # Without a transaction a migration should do one thing.
    if (
        not all(isinstance(item, Reindex) for step in context.steps for item in step.statement.operations)
        or len(context.steps) != 1
    ):
        return None
    edits = sql_insert(context, finding, _REINDEX, "CONCURRENTLY ")
    attributes = module_edits.attributes(
        context.document, context.migration.migration, migration_lock=context.disable_migration_lock
    )
    if edits is None or attributes is None or context.migration.migration.callbacks.keys() & {"after_begin"}:
        return None
    return Small(title="Rebuild it concurrently", edits=(*edits, *attributes), safe=True)


def _refresh(context: Context, finding: Finding) -> Small | None:
    """CONCURRENTLY, where the view has rows and a unique index that PostgreSQL takes for it."""
    for step in context.steps:
        for operation in step.statement.operations:
            if not isinstance(operation, RefreshMaterializedView) or operation.span != finding.span:
                continue
            name, schema = Schema.key(operation.name), step.before
            view = schema.views.get(name)
            keys = [index for index, of in schema.view_keys.items() if of == name]
            if view is None or not view.with_data or schema.uncertain:
                return None
            if not any(schema.view_indexes.get(index) == name for index in keys):
                return None
            edits = sql_insert(context, finding, _REFRESH, "CONCURRENTLY ")
            title = "Refresh it concurrently: reads go on"
            return Small(title=title, edits=tuple(edits), safe=True) if edits is not None else None
    return None


def _session(context: Context, finding: Finding) -> Small | None:
    """For the transaction: as long as the migration runs it is the same."""
    whole = context.migration.transactional
    if "function" in finding.subject:
        match = _LOCK.search(raw(context, finding.span))
        if match is None:
            return None
        name = f"pg_{'try_' if match[1] else ''}advisory_xact_lock{'_shared' if match[2] else ''}"
        edits = sql_replace(context, finding, _LOCK, name)
        return Small(title=f"Use {name}", edits=tuple(edits), safe=whole) if edits is not None else None
    edits = sql_insert(context, finding, _SET, "LOCAL ") or sql_replace(
        context, finding, _SET_SESSION, " LOCAL"
    )
    return Small(title="Use SET LOCAL", edits=tuple(edits), safe=whole) if edits is not None else None


def _search_path(context: Context, finding: Finding) -> Small | None:
    """The schema that the function itself is in, or `public`, where names without one are looked up."""
    for step in context.steps:
        for operation in step.statement.operations:
            if not isinstance(operation, CreateFunction) or operation.span != finding.span:
                continue
            schema = operation.name.schema
            path = ", ".join(dict.fromkeys([sql_names.name(schema or "public"), "pg_temp"]))
            text = f"SECURITY DEFINER SET search_path = {path}"
            edits = sql_replace(context, finding, _DEFINER, text)
            if edits is None:
                return None
            title = f"Add SET search_path = {path} (other schemas have to be named in its body)"
            return Small(title=title, edits=tuple(edits))
    return None


def _drop(context: Context, finding: Finding) -> Small | None:
    """CASCADE left out, where nothing is known to depend: PostgreSQL refuses and lists what does."""
    if finding.subject.get("known"):
        return None
    call = enclosing_call(context, finding.span, "drop", "drop_if_exists")
    if call is not None:
        cut = CallOptions(context.document, call, 1).without("mode")
        return Small(title=_REFUSED, edits=cut) if cut is not None else None
    return _no_cascade(context, finding)


FIXES: dict[str, Fix] = {
    "create-extension": _extension,
    "enum-add-value-irreversible": _enum_value,
    "enum-order": _enum_order,
    "reindex-not-concurrent": _reindex,
    "refresh-matview": _refresh,
    "session-state-leak": _session,
    "drop-cascade": _drop,
    "create-function-search-path": _search_path,
}
