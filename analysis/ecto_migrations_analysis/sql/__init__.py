"""SQL text to operations, read with PostgreSQL's own grammar (libpg_query).

Only `parser` knows the binding (pglast), and imports it when the first text must be parsed: a project
without raw SQL never pays for it.
"""
