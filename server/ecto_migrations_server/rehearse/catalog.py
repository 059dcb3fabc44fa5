"""Everything that migrations make, by name and definition, to be compared before and after a rollback.

Not compared: the order of columns, which no statement of PostgreSQL brings back; rows; and the names of the
constraints that PostgreSQL 18 makes of every NOT NULL column.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

Connection = psycopg.Connection[Any]

# Kind of object: name and definition of each. `{own}`: not of the system and not part of an extension.
_QUERIES: Final = {
    "schema": "SELECT nspname, '' FROM pg_namespace n WHERE {schemas}",
    "extension": "SELECT extname, extversion FROM pg_extension",
    "table": """
        SELECT c.oid::regclass::text, concat_ws(' ', c.relkind, c.relpersistence, c.reloptions::text,
               CASE WHEN c.relrowsecurity THEN 'row level security' END,
               pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
               obj_description(c.oid, 'pg_class'))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {schemas} AND c.relkind IN ('r', 'p', 'f') AND {own}""",
    "column": """
        SELECT c.oid::regclass::text || '.' || a.attname,
               concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                         CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                         'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), nullif(a.attidentity::text, ''),
                         nullif(a.attgenerated::text, ''),
                         CASE WHEN a.attcollation <> t.typcollation
                              THEN a.attcollation::regcollation::text END,
                         col_description(c.oid, a.attnum))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {schemas} AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {own}""",
    "constraint": """
        SELECT c.oid::regclass::text || '.' || k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {schemas} AND (k.contype <> 'n' OR NOT k.convalidated) AND {own}""",
    "index": """
        SELECT x.oid::regclass::text,
               concat_ws(' ', pg_get_indexdef(x.oid), CASE WHEN NOT i.indisvalid THEN 'INVALID' END,
                         obj_description(x.oid, 'pg_class'))
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {schemas} AND {own}""",
    "trigger": """
        SELECT c.oid::regclass::text || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {schemas} AND NOT t.tgisinternal AND {own}""",
    "policy": """
        SELECT c.oid::regclass::text || '.' || p.polname,
               concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::text, pg_get_expr(p.polqual, c.oid),
                         pg_get_expr(p.polwithcheck, c.oid))
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {schemas}""",
    "view": """
        SELECT c.oid::regclass::text, concat_ws(' ', c.relkind, pg_get_viewdef(c.oid))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {schemas} AND c.relkind IN ('v', 'm') AND {own}""",
    "sequence": """
        SELECT c.oid::regclass::text, concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart,
               s.seqincrement,
               s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {schemas} AND {own}""",
    "type": """
        SELECT c.oid::regtype::text, concat_ws(' ', c.typtype,
               (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e
                WHERE e.enumtypid = c.oid),
               format_type(nullif(c.typbasetype, 0), c.typtypmod))
        FROM pg_type c JOIN pg_namespace n ON n.oid = c.typnamespace
        WHERE {schemas} AND c.typtype IN ('e', 'd', 'r') AND {own}""",
    "function": """
        SELECT c.oid::regprocedure::text,
               CASE WHEN c.prokind IN ('f', 'p') THEN pg_get_functiondef(c.oid) ELSE c.prokind::text END
        FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace WHERE {schemas} AND {own}""",
    "statistics": """
        SELECT format('%I.%I', n.nspname, c.stxname), pg_get_statisticsobjdef(c.oid)
        FROM pg_statistic_ext c JOIN pg_namespace n ON n.oid = c.stxnamespace WHERE {schemas}""",
}
_SCHEMAS: Final = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_OWN: Final = "NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e')"


Catalog = dict[tuple[str, str], str]


def catalog(connection: Connection) -> Catalog:
    """The definition of each object by its kind and name."""
    found: Catalog = {}
    for kind, query in _QUERIES.items():
        text = query.replace("{schemas}", _SCHEMAS).replace("{own}", _OWN)
        for name, definition in connection.execute(text.encode()):
            found[kind, name] = definition
    return found


def differences(before: Catalog, after: Catalog) -> tuple[str, ...]:
    """In words, what is left, missing or another after a rollback. Parts of a missing table go unsaid."""
    found: list[str] = []
    for key in sorted(before.keys() | after.keys()):
        kind, name = key
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        table = ("table", name.rpartition(".")[0])
        if now is None:
            if table not in before or table in after:
                found.append(f"the {kind} {name} is missing{_defined(was)}")
        elif was is None:
            if table not in after or table in before:
                found.append(f"the {kind} {name} is left{_defined(now)}")
        else:
            found.append(f"the {kind} {name} was {was} and is {now}")
    return tuple(found)


def _defined(definition: str | None) -> str:
    return f" ({' '.join(definition.split())})" if definition else ""
