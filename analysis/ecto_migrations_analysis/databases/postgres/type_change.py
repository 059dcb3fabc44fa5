"""What `ALTER TABLE … ALTER COLUMN … TYPE` costs, from the old type to the new one.

PostgreSQL rewrites the table unless the new value is the old one under another name, after the planner has
simplified the cast (`ATColumnChangeRequiresRewrite` in tablecmds.c; documentation of ALTER TABLE, Notes).
Length coercions disappear where the type's support function proves them idle: `varchar_support`,
`numeric_support`, `varbit_support`, `timestamp_support`, `time_support`, `interval_support`. An index
survives where its operator class and collation stay (`CheckIndexCompatible` in indexcmds.c). Every pair of a
list of types is compared with a server by a test.
"""

from __future__ import annotations

from ...operations import DataType
from ...records import dataclass
from .casts import BUILT_IN, STRINGS, base, cast_between, operator_class

_TIMESTAMPS = ("timestamp without time zone", "timestamp with time zone")
_INTEGERS = ("smallint", "integer", "bigint")
_FULL_PRECISION = 6

# The least field of an interval's fields, in order of size; PostgreSQL compares them (`interval_support`).
_FIELD_ORDER = ("second", "minute", "hour", "day", "month", "year")


@dataclass(frozen=True, slots=True)
class TypeChange:
    """`rewrites_table`: the table and all its indexes are written anew under ACCESS EXCLUSIVE.

    `rebuilds_indexes`: indexes on the column are built anew (always so where the table is rewritten). An
    index that has an expression or a predicate is rebuilt even where this is False. `possible` False: the
    statement fails for want of a cast; None: that is not known. `certain` False: whether it rewrites or
    rebuilds is not known, and True is given as the worse case. `may_not_fit`: it fails if a value does not
    fit the new type. `reason` is a clause such as "every value is fitted to character varying(10)".
    """

    rewrites_table: bool
    rebuilds_indexes: bool
    possible: bool | None
    certain: bool
    reason: str
    may_not_fit: bool = False


def type_change(
    old: DataType,
    new: DataType,
    *,
    using: bool = False,
    collation_changed: bool = False,
    time_zone_utc: bool | None = None,
    version: int = 18,
    plain_cast: bool = False,
    old_is_enum: bool = False,
    new_is_enum: bool = False,
) -> TypeChange:
    """The cost of changing a column from `old` to `new` on PostgreSQL `version`.

    `using`: there is a USING clause; `plain_cast`: it is only the column, or the column cast to the new type.
    `time_zone_utc`: the session's TimeZone is UTC (None: not known), which decides between `timestamp` and
    `timestamptz`. `old_is_enum`, `new_is_enum`: the types are known to be enums.
    """
    if new.serial:
        return _impossible(f"{new.name} is what a serial column has: there is no type serial to change to")
    if old.name is None or new.name is None:
        return TypeChange(True, True, None, False, "a type is not known")
    found = _without_using(old, new, time_zone_utc, version, old_is_enum, new_is_enum)
    if using:
        return _with_using(found, old, new, collation_changed, plain_cast)
    if collation_changed and found.possible is not False and not found.rewrites_table:
        return TypeChange(
            False, True, found.possible, found.certain, "the collation changes", found.may_not_fit
        )
    return found


def _with_using(
    found: TypeChange, old: DataType, new: DataType, collation_changed: bool, plain_cast: bool
) -> TypeChange:
    if not plain_cast:
        # Any expression but a cast that keeps the bytes writes new values. Whether it is such a cast, the
        # caller did not say.
        rewrites_anyway = found.possible is False or found.rewrites_table
        return TypeChange(
            True, True, None, found.certain and rewrites_anyway, "USING computes new values", True
        )
    if found.possible is False:
        # An explicit cast goes further than an assignment, and strings become anything through their text.
        possible = True if base(old.name or "") in STRINGS and not old.dimensions else None
        return TypeChange(True, True, possible, True, f"{old} is converted to {new}", True)
    return TypeChange(
        found.rewrites_table,
        found.rebuilds_indexes or collation_changed,
        found.possible,
        found.certain,
        found.reason,
        found.may_not_fit,
    )


def _without_using(
    old: DataType,
    new: DataType,
    time_zone_utc: bool | None,
    version: int,
    old_is_enum: bool,
    new_is_enum: bool,
) -> TypeChange:
    old_name, new_name = old.name or "", new.name or ""
    sides = ((old, old_is_enum), (new, new_is_enum))
    if bool(old.dimensions) != bool(new.dimensions):
        if old.dimensions and new_name in STRINGS:
            return _rewrite(f"arrays become text: {old} to {new}", may_not_fit=bool(new.modifiers))
        unknown = [item for item, is_enum in sides if not is_enum and _is_user_type(item)]
        if unknown:
            return TypeChange(True, True, None, False, f"whether {old} casts to {new} is not known")
        return _impossible(f"there is no assignment cast from {old} to {new}")
    if (old_name, old.schema) == (new_name, new.schema):
        return _same_name(old, new)
    if not old.dimensions and base(old_name) == base(new_name) == "interval":
        return _interval(old, new)
    user_types = [item for item, is_enum in sides if not is_enum and _is_user_type(item)]
    if user_types:
        possible = True if new_name in STRINGS and not new.dimensions else None
        return TypeChange(True, True, possible, False, f"what {user_types[0]} is made of is not known")
    if new_is_enum:
        return _impossible(f"there is no assignment cast from {old} to the enum {new}")
    cast = "convert" if old_is_enum and new_name in STRINGS else cast_between(old_name, new_name)
    if cast is None:
        return _impossible(f"there is no assignment cast from {old} to {new}")
    if old.dimensions:
        return _rewrite(f"every element of {old} is converted to {new}", _narrows(old, new))
    if cast == "convert":
        if {old_name, new_name} == set(_TIMESTAMPS):
            return _time_zone(old, new, time_zone_utc, version)
        return _rewrite(f"{old} and {new} are stored differently", _narrows(old, new))
    return _relabelled(old, new)


def _is_user_type(item: DataType) -> bool:
    return item.schema is not None or base(item.name or "") not in BUILT_IN


def _same_name(old: DataType, new: DataType) -> TypeChange:
    if old.modifiers == new.modifiers:
        return _free("the type stays as it is")
    if old.dimensions:
        # An array's elements are coerced one by one, and no support function looks into that.
        if not new.modifiers:
            return _free(f"{new} has no limit to check")
        return _rewrite(f"every element is checked against {new}", _narrows(old, new))
    if _is_user_type(old) and new.modifiers:
        return TypeChange(True, True, None, False, f"how {old} is fitted to {new} is not known", True)
    return _length(old, new)


def _relabelled(old: DataType, new: DataType) -> TypeChange:
    """A cast that keeps the bytes; a length of the new type is then still to be enforced."""
    if new.name == "character" or new.modifiers:
        # `varchar(10)` to `char(20)`: the cast forgets the old length, so that every value is coerced.
        return _rewrite(f"every value is fitted to {new}", _narrows(old, new))
    rebuilds = operator_class(old.name or "") != operator_class(new.name or "")
    reason = f"{old} and {new} are stored alike"
    if rebuilds:
        reason += ", but are ordered by different operators"
    return TypeChange(False, rebuilds, True, True, reason)


def _length(old: DataType, new: DataType) -> TypeChange:
    """From one length, precision or scale of a type to another."""
    if not new.modifiers:
        return _free(f"{new} has no limit to check")
    name = new.name or ""
    if base(name) == "interval":
        return _interval(old, new)
    if name in ("character varying", "bit varying"):
        idle = bool(old.modifiers) and old.modifiers[0] <= new.modifiers[0]
    elif name == "numeric":
        idle = (
            bool(old.modifiers) and _digits(old)[1] == _digits(new)[1] and _digits(old)[0] <= _digits(new)[0]
        )
    elif name.startswith(("timestamp", "time ")):
        idle = new.modifiers[0] == _FULL_PRECISION or (
            bool(old.modifiers) and old.modifiers[0] <= new.modifiers[0]
        )
    else:
        idle = False  # character, bit: always padded anew
    if idle:
        return _free(f"every {old} is a {new}")
    return _rewrite(f"every value is fitted to {new}", _narrows(old, new))


def _interval(old: DataType, new: DataType) -> TypeChange:
    """Intervals differ by their least field and the digits of their seconds."""
    old_least, new_least = _least_field(old), _least_field(new)
    digits = new.modifiers[0] if new.modifiers else _FULL_PRECISION
    if new_least <= old_least and (
        old_least > 0 or digits >= _FULL_PRECISION or (old.modifiers != () and old.modifiers[0] <= digits)
    ):
        return _free(f"every {old} is an {new}")
    return _rewrite(f"every value is fitted to {new}")


def _least_field(item: DataType) -> int:
    fields = (item.name or "").split()[1:]
    return _FIELD_ORDER.index(fields[-1]) if fields else 0


def _time_zone(old: DataType, new: DataType, time_zone_utc: bool | None, version: int) -> TypeChange:
    if new.modifiers and new.modifiers[0] != _FULL_PRECISION:
        return _rewrite(f"every value is rounded to {new}")
    if version < 12:
        return _rewrite(f"before PostgreSQL 12 {old} is converted to {new} value by value")
    if time_zone_utc is False:
        return _rewrite("the session's TimeZone is not UTC, so that every value shifts")
    reason = "in a session whose TimeZone is UTC the values stay, but are ordered by different operators"
    if time_zone_utc is None:
        return TypeChange(
            True, True, True, False, "the session's TimeZone is not known: only UTC avoids a rewrite"
        )
    return TypeChange(False, True, True, True, reason)


def _digits(item: DataType) -> tuple[int, int]:
    return item.modifiers[0], item.modifiers[1] if len(item.modifiers) > 1 else 0


def _narrows(old: DataType, new: DataType) -> bool:
    """Whether a value of `old` may be refused by `new`."""
    old_name, new_name = old.name or "", new.name or ""
    if new_name in _INTEGERS and old_name in _INTEGERS:
        return _INTEGERS.index(new_name) < _INTEGERS.index(old_name)
    if new_name == "numeric":
        if not new.modifiers:
            return False
        if old_name != "numeric" or not old.modifiers:
            return True
        (old_precision, old_scale), (precision, scale) = _digits(old), _digits(new)
        return precision - scale < old_precision - old_scale
    if new_name in ("character varying", "character", "bit varying"):
        if not new.modifiers:
            return False
        same_family = old_name in ("character varying", "character", "bit varying")
        return not (same_family and old.modifiers and old.modifiers[0] <= new.modifiers[0])
    if new_name == "bit":
        return (old_name, old.modifiers) != (new_name, new.modifiers)
    return new_name in (*_INTEGERS, "real", "money", "oid", "macaddr", "jsonb", "regclass")


def _free(reason: str) -> TypeChange:
    return TypeChange(False, False, True, True, reason)


def _rewrite(reason: str, may_not_fit: bool = False) -> TypeChange:
    return TypeChange(True, True, True, True, reason, may_not_fit)


def _impossible(reason: str) -> TypeChange:
    return TypeChange(False, False, False, True, reason)
