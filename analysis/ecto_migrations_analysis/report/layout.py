"""A statement in lines that can be read; nothing but white space differs from what is sent."""

from __future__ import annotations

import re

_WIDTH = 90
_TOKEN = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|.", re.DOTALL)


def folded(sql: str) -> str:
    """`sql` with a line for each clause of a long `ALTER TABLE` and each column of a long `CREATE TABLE`.

    What is short, has lines of its own, or is another statement stays as it is.
    """
    if len(sql) <= _WIDTH or "\n" in sql or not sql.startswith(("ALTER TABLE", "CREATE TABLE")):
        return sql
    # The columns of CREATE TABLE stand in its first parentheses, the clauses of ALTER TABLE in none.
    inside = sql.startswith("CREATE TABLE")
    wanted = 1 if inside else 0
    lines = [""]
    depth = 0
    for match in _TOKEN.finditer(sql):
        token = match[0]
        if token == ")":
            depth -= 1
            if inside and depth == 0:
                lines.append("")
                inside, wanted = False, -1
        lines[-1] += token
        if token == "(":
            depth += 1
            if inside and depth == 1:
                lines.append("")
        elif token == "," and depth == wanted:
            lines.append("")
    head, *rest = (line.strip() for line in lines)
    return "\n".join([head, *(line if line.startswith(")") else f"  {line}" for line in rest)])
