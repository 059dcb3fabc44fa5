"""Type texts to types: `varchar(10)[]` to `character varying(10)[]`.

A small parser of its own, because nearly every migration has types and PostgreSQL's grammar costs 50 ms to
load. It knows the spellings that the grammar turns into other types (PostgreSQL documentation, "Data Types",
table 8.1) and keeps every other name as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ...operations import DataType

_TOKEN = re.compile(r'"(?:[^"]|"")*"|[^\W\d][\w$]*|\d+|[()\[\],.+-]|\S')

# One-word spellings to the name that `format_type` prints.
_ALIASES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "decimal": "numeric",
    "dec": "numeric",
    "varchar": "character varying",
    "varbit": "bit varying",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
}

_SERIAL = {
    "smallserial": "smallint",
    "serial2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
}

_INTERVAL_FIELDS = {"year", "month", "day", "hour", "minute", "second", "to"}

# Names of the catalog that, in quotes, still name the type ("int4" does, "integer" does not).
_CATALOG_NAMES = frozenset(
    {"int2", "int4", "int8", "bool", "float4", "float8", "varchar", "varbit", "bpchar"}
    | {"timestamp", "timestamptz", "time", "timetz"}
)

# "char" in quotes is a type of one byte, and prints with its quotes.
ONE_BYTE_CHAR = '"char"'


class _Tokens:
    """The words and marks of a type text, unquoted words in lower case."""

    def __init__(self, text: str) -> None:
        self._items = [word if word.startswith('"') else word.lower() for word in _TOKEN.findall(text)]
        self._at = 0

    def peek(self) -> str:
        return self._items[self._at] if self._at < len(self._items) else ""

    def take(self, *words: str) -> bool:
        """Takes all of `words`, if they come next in this order."""
        if tuple(self._items[self._at : self._at + len(words)]) != words:
            return False
        self._at += len(words)
        return True

    def next(self) -> str:
        word = self.peek()
        self._at += 1
        return word

    def modifiers(self) -> tuple[str, ...]:
        """What stands in parentheses, if they come next; signs joined to their numbers."""
        if not self.take("("):
            return ()
        parts = [""]
        while self.peek() not in (")", ""):
            word = self.next()
            if word == ",":
                parts.append("")
            else:
                parts[-1] += word
        self.take(")")
        return tuple(parts)

    def dimensions(self) -> int:
        """`[]`, `[3]`, `ARRAY`, `ARRAY[3]`, counted."""
        if self.take("array"):
            if self.take("["):
                self.next()
                self.take("]")
            return 1
        count = 0
        while self.peek() == "[":
            start = self._at
            self.next()
            if self.peek().isdigit():
                self.next()
            if not self.take("]"):
                self._at = start
                break
            count += 1
        return count

    @property
    def done(self) -> bool:
        return self._at >= len(self._items)


def _is_name(word: str) -> bool:
    return bool(word) and (word[0] == '"' or word[0] == "_" or word[0].isalpha())


def _bare(word: str) -> str:
    """The name that a word stands for: quotes off. `"char"` keeps them, for it is not `char`."""
    if not word.startswith('"'):
        return word
    return word if word == ONE_BYTE_CHAR else word[1:-1].replace('""', '"')


def _numbers(parts: tuple[str, ...]) -> tuple[int, ...] | None:
    """The modifiers as numbers; None where one is something else (`geometry(Point,4326)`)."""
    if all(re.fullmatch(r"[+-]?\d+", part) for part in parts):
        return tuple(int(part) for part in parts)
    return None


@lru_cache(maxsize=4096)
def parse_type(text: str) -> DataType:
    """The type that `text` names, as PostgreSQL would understand it in a column definition.

    `DataType.name` is None where the text is no type name. A name in the schemas `pg_catalog` or `public`
    loses the schema. Modifiers that are no numbers (`geometry(Point,4326)`) stay part of the name.
    """
    tokens = _Tokens(text)
    tokens.take("setof")
    found = _type(tokens)
    dimensions = tokens.dimensions()
    if found.name is None or not tokens.done:
        return DataType(None)
    return DataType(found.name, found.modifiers, dimensions, found.serial, found.schema)


def _type(tokens: _Tokens) -> DataType:
    word = tokens.next()
    if not _is_name(word):
        return DataType(None)
    qualifiers: list[str] = []
    while tokens.take("."):
        qualifiers.append(_bare(word))
        word = tokens.next()
        if not _is_name(word):
            return DataType(None)
    schema = qualifiers[-1] if qualifiers else None
    if schema == "public":
        schema = None
    if schema == "pg_catalog":
        # In the catalog the one-byte type is called "char", and `char` is no name of it.
        schema = None
        if word in ("char", ONE_BYTE_CHAR):
            return DataType(ONE_BYTE_CHAR)
        return _simple(word, tokens)
    if schema is None and not qualifiers and not word.startswith('"'):
        return _multi_word(word, tokens)
    if word.startswith('"') and schema is None and _bare(word) in _CATALOG_NAMES:
        return _simple(_bare(word), tokens)
    return _with_modifiers(_bare(word), tokens, schema)


def _multi_word(word: str, tokens: _Tokens) -> DataType:
    """The spellings that the grammar itself knows (gram.y, `SimpleTypename`)."""
    if word in ("timestamp", "time"):
        modifiers = _numbers(tokens.modifiers()) or ()
        zone = "without time zone"
        if tokens.take("with", "time", "zone"):
            zone = "with time zone"
        else:
            tokens.take("without", "time", "zone")
        return DataType(f"{word} {zone}", modifiers)
    if word == "interval":
        return _interval(tokens)
    if word == "double" and tokens.take("precision"):
        return DataType("double precision")
    if word == "national":
        word = tokens.next()
        if word not in ("character", "char"):
            return DataType(None)
        return _character(tokens)
    if word in ("character", "char", "nchar"):
        return _character(tokens)
    if word == "bit":
        name = "bit varying" if tokens.take("varying") else "bit"
        modifiers = _numbers(tokens.modifiers()) or ()
        return DataType(name, modifiers or ((1,) if name == "bit" else ()))
    if word == "float":
        digits = _numbers(tokens.modifiers()) or (53,)
        return DataType("real" if digits[0] <= 24 else "double precision")
    return _simple(word, tokens)


def _character(tokens: _Tokens) -> DataType:
    varying = tokens.take("varying")
    modifiers = _numbers(tokens.modifiers()) or ()
    if varying:
        return DataType("character varying", modifiers)
    return DataType("character", modifiers or (1,))


def _interval(tokens: _Tokens) -> DataType:
    modifiers = _numbers(tokens.modifiers()) or ()
    fields: list[str] = []
    while tokens.peek() in _INTERVAL_FIELDS:
        fields.append(tokens.next())
    if fields and not modifiers:
        modifiers = _numbers(tokens.modifiers()) or ()
    return DataType(" ".join(["interval", *fields]), modifiers)


def _simple(word: str, tokens: _Tokens) -> DataType:
    bare = _bare(word)
    if bare in _SERIAL:
        return DataType(_SERIAL[bare], serial=True)
    if bare == "bpchar":
        parsed = _with_modifiers("character", tokens, None)
        return parsed if parsed.modifiers else DataType("bpchar")
    return _with_modifiers(_ALIASES.get(bare, bare), tokens, None)


def _with_modifiers(name: str, tokens: _Tokens, schema: str | None) -> DataType:
    parts = tokens.modifiers()
    numbers = _numbers(parts)
    if numbers is None:
        return DataType(f"{name}({','.join(parts)})", schema=schema)
    if name == "numeric" and len(numbers) == 1:
        numbers = (numbers[0], 0)  # numeric(5) is numeric(5,0)
    return DataType(name, numbers, schema=schema)
