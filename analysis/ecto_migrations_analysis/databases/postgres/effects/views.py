"""Views and materialized views."""

from __future__ import annotations

from ....operations import CreateView, DropView, RefreshMaterializedView, Relation
from ....schema.state import Schema
from ..locks import ACCESS_EXCLUSIVE, ACCESS_SHARE, EXCLUSIVE
from . import dependents
from .ledger import Ledger
from .situation import Situation


def create_view(operation: CreateView, situation: Situation, ledger: Ledger) -> None:
    """The tables are read by name; a materialized view reads their rows too."""
    name = operation.name
    there = situation.exists(name)
    if there and not operation.replace:
        if not operation.if_not_exists:
            ledger.fail(f"relation `{name}` already exists", "duplicate", operation.span)
        return
    for relation in operation.reads:
        if situation.exists(relation) is False:
            ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        ledger.lock(relation, ACCESS_SHARE, operation.span)
        if operation.materialized and operation.with_data:
            scan_read(relation, situation, ledger)
    if operation.replace:
        if there is None:
            ledger.unknown(f"whether the view `{name}` exists: replacing it locks it {ACCESS_EXCLUSIVE}")
        elif there:
            if situation.view(name) is None:
                ledger.fail(f"`{name}` is not a view", "unsupported", operation.span)
            ledger.lock(name, ACCESS_EXCLUSIVE, operation.span)


def scan_read(relation: Relation, situation: Situation, ledger: Ledger) -> None:
    """A query reads a relation as a whole: of a view the tables behind it, of a table its partitions."""
    seen: set[Relation] = set()
    wanted = [relation]
    for item in wanted:
        key = Schema.key(item)
        if key in seen:
            continue
        seen.add(key)
        view = situation.view(item)
        if view is not None and not view.materialized:
            ledger.lock(item, ACCESS_SHARE)
            wanted.extend(view.reads)
            continue
        for stored in situation.family(item):
            # A query on a parent takes in its partitions, and locks them.
            ledger.lock(stored, ACCESS_SHARE)
        for stored in situation.stored(item):
            ledger.scan(stored)


def drop_view(operation: DropView, situation: Situation, ledger: Ledger) -> None:
    name = operation.name
    there = situation.exists(name)
    if there is False:
        if not operation.if_exists:
            ledger.fail(f"view `{name}` does not exist", "missing", operation.span)
        return
    view = situation.view(name)
    if there and (view is None or view.materialized != operation.materialized):
        kind = "materialized view" if operation.materialized else "view"
        ledger.fail(f"`{name}` is not a {kind}", "unsupported", operation.span)
        return
    ledger.lock(name, ACCESS_EXCLUSIVE, operation.span)
    upon = dependents.views_upon(situation, [name])
    if operation.cascade:
        for other in upon:
            ledger.lock(other.name, ACCESS_EXCLUSIVE, operation.span)
    elif upon:
        names = [f"the view `{other.name}`" for other in upon]
        ledger.fail(
            f"cannot drop view `{name}`: {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )


def refresh(operation: RefreshMaterializedView, situation: Situation, ledger: Ledger) -> None:
    """The view is written anew under ACCESS EXCLUSIVE; CONCURRENTLY changes its rows under EXCLUSIVE."""
    name = operation.name
    if situation.exists(name) is False:
        ledger.fail(f"relation `{name}` does not exist", "missing", operation.span)
        return
    ledger.lock(name, EXCLUSIVE if operation.concurrently else ACCESS_EXCLUSIVE, operation.span)
    view = situation.view(name)
    if view is None:
        ledger.unknown(f"which tables `{name}` reads")
    indexes = situation.indexes_of_view(name)
    if operation.concurrently:
        if not operation.with_data:
            ledger.fail(
                "REFRESH options CONCURRENTLY and WITH NO DATA cannot be used together",
                "syntax",
                operation.span,
            )
        if view is not None and not indexes and situation.schema.complete:
            ledger.fail(
                f"cannot refresh `{name}` concurrently without a unique index", "missing", operation.span
            )
        ledger.scan(name)
    else:
        ledger.rewrite(name)
        ledger.rebuild(name, indexes)
    if not operation.with_data or view is None:
        return
    for relation in view.reads:
        scan_read(relation, situation, ledger)
    if indexes and not operation.concurrently:
        # Its indexes are built from the new rows.
        ledger.scan(name)
