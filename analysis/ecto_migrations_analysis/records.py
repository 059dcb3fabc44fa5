"""`dataclass`, `field` and `replace` as in the standard library, but quick to import.

`dataclasses.dataclass` compiles the source of up to seven methods for each class, about 0.75 ms;
importing `dataclasses` takes 13 ms more. The vocabulary of this package has some 200 classes, and one
migration uses a few of them: at start that would cost more than everything else together. A record is
completed when its first instance is made, with closures for methods; its `__init__` alone is compiled, and
that only when a number of instances were made.

Of the parameters those are known that this package uses: `frozen`, `kw_only` (and `slots`, which is ignored,
because it would have to make another class); of `field` `default`, `default_factory`, `compare`, `repr`. The
tools of the standard library (`dataclasses.fields`, `replace`, `asdict`, a dataclass that inherits from a
record) work on records; type checkers see the standard library's own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    # What `threading.RLock` makes; importing threading takes longer than all of this module.
    from _thread import RLock
    from operator import attrgetter

    _MISSING = object()
    # Measured with fields of all kinds: from some twenty instances on compiling pays.
    _CALLS_BEFORE_COMPILING = 20
    # Completing a class completes its bases.
    _lock = RLock()

    class _Field:
        """One field; `name` and `kw_only` are known when the class is completed."""

        def __init__(self, default=_MISSING, default_factory=_MISSING, compare=True, repr=True):
            self.name = ""
            self.kw_only = False
            self.default = default
            self.default_factory = default_factory
            self.compare = compare
            self.repr = repr

    def field(*, default=_MISSING, default_factory=_MISSING, compare=True, repr=True):
        """`dataclasses.field`."""
        return _Field(default, default_factory, compare, repr)

    def replace(record, /, **changes):
        """`dataclasses.replace`: a copy with other values."""
        cls = record.__class__
        fields = cls.__record_fields__
        values = {**record.__dict__, **changes}
        if len(values) != len(fields) or cls.__record_check__ is not None:
            # A name that is no field, which `__init__` refuses; or values that a property has cached.
            kept = {name: getattr(record, name) for name in fields}
            return cls(**{**kept, **changes})
        copy = cls.__new__(cls)
        cls.__record_set__(copy, values)
        return copy

    def dataclass(cls=None, /, *, frozen=False, kw_only=False, slots=False):
        """`dataclasses.dataclass`, put off until the class is used."""
        if cls is None:
            return lambda cls: _put_off(cls, frozen, kw_only)
        return _put_off(cls, frozen, kw_only)

    def _put_off(cls, frozen, kw_only):
        def complete():
            with _lock:
                # Another thread may have done it in the meantime.
                if cls.__dict__["__init__"] is first_init:
                    _complete(cls, frozen, kw_only)

        def first_init(self, *args, **kwargs):
            complete()
            cls.__init__(self, *args, **kwargs)

        cls.__init__ = first_init
        cls.__record_fields__ = _Later("__record_fields__", complete)
        cls.__match_args__ = _Later("__match_args__", complete)
        cls.__dataclass_fields__ = _Standard("__dataclass_fields__", frozen)
        cls.__dataclass_params__ = _Standard("__dataclass_params__", frozen)
        return cls

    class _Later:
        """A class attribute that completing the class replaces."""

        def __init__(self, name, complete):
            self.name = name
            self.complete = complete

        def __get__(self, instance, owner):
            self.complete()
            return getattr(owner, self.name)

    class _Standard:
        """What the standard library asks a class for, from a dataclass with the same fields."""

        def __init__(self, name, frozen):
            self.name = name
            self.frozen = frozen

        def __get__(self, instance, owner):
            import dataclasses

            namespace = {"__annotations__": {}}
            for name, own in owner.__record_fields__.items():
                namespace["__annotations__"][name] = "object"
                given = {"compare": own.compare, "repr": own.repr, "kw_only": own.kw_only}
                if own.default is not _MISSING:
                    given["default"] = own.default
                if own.default_factory is not _MISSING:
                    given["default_factory"] = own.default_factory
                namespace[name] = dataclasses.field(**given)
            same = dataclasses.dataclass(frozen=self.frozen)(type(owner.__name__, (), namespace))
            return getattr(same, self.name)

    def _complete(cls, frozen, kw_only):
        fields = _fields(cls, kw_only)
        compared = _values([name for name, own in fields.items() if own.compare])
        shown = [name for name, own in fields.items() if own.repr]

        def __repr__(self):
            values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
            return f"{type(self).__qualname__}({values})"

        def __eq__(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            return compared(self) == compared(other)

        def __hash__(self):
            return hash(compared(self))

        methods = {"__repr__": __repr__}
        if "__eq__" not in cls.__dict__:
            # A class whose instances change and that has an equality of its own has no hash.
            methods |= {"__eq__": __eq__, "__hash__": __hash__ if frozen else None}
        if frozen:
            methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
        for name, method in methods.items():
            if name not in cls.__dict__ or name == "__hash__":
                setattr(cls, name, method)
        cls.__record_fields__ = fields
        cls.__match_args__ = tuple(name for name, own in fields.items() if not own.kw_only)
        cls.__record_set__ = staticmethod(_dictionary_of(cls).__set__)
        cls.__record_check__ = getattr(cls, "__post_init__", None)
        # Last: a class with this `__init__` is complete.
        cls.__init__ = _first_inits(cls, fields)

    def _fields(cls, kw_only):
        """The fields by name, those of the bases first; what is defined again keeps its place."""
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            if "__record_fields__" in base.__dict__:
                fields.update(base.__record_fields__)
        for name, annotation in cls.__annotations__.items():
            if annotation.startswith(("ClassVar", "typing.ClassVar")):
                continue
            given = cls.__dict__.get(name, _MISSING)
            own = given if isinstance(given, _Field) else _Field(default=given)
            own.name, own.kw_only = name, kw_only
            fields[name] = own
            if own.default is not _MISSING:
                setattr(cls, name, own.default)
            elif own is given:
                delattr(cls, name)
        return fields

    def _values(names):
        """A function from an instance to something that can be compared and hashed."""
        return attrgetter(*names) if names else lambda _: ()

    def _first_inits(cls, fields):
        """An `__init__` without compiling one, which takes as long as calling this a hundred times.

        At start most classes have a handful of instances. What is not in order, such as a name that is no
        field, is left to the compiled one, which says so as every function does.
        """
        positional = [name for name, own in fields.items() if not own.kw_only]
        check = cls.__record_check__
        left = _CALLS_BEFORE_COMPILING

        def __init__(self, *args, **kwargs):
            nonlocal left
            left -= 1
            in_order = left > 0 and len(args) <= len(positional)
            if in_order:
                values = {}
                given = dict(zip(positional, args, strict=False))
                in_order = not given.keys() & kwargs.keys()
                given.update(kwargs)
                for name, own in fields.items():
                    if name in given:
                        values[name] = given[name]
                    elif own.default is not _MISSING:
                        values[name] = own.default
                    elif own.default_factory is not _MISSING:
                        values[name] = own.default_factory()
                in_order = in_order and len(values) == len(fields) and given.keys() <= values.keys()
            if not in_order:
                if cls.__init__ is __init__:
                    cls.__init__ = _init(cls, fields)
                cls.__init__(self, *args, **kwargs)
                return
            cls.__record_set__(self, values)
            if check is not None:
                check(self)

        __init__.__qualname__ = f"{cls.__qualname__}.__init__"
        return __init__

    def _init(cls, fields):
        # Names of our own begin with an underscore: no field does.
        namespace = {"_made": object()}
        positional, by_name, values = [], [], []
        for name, own in fields.items():
            parameter, value = name, name
            if own.default_factory is not _MISSING:
                namespace[f"_factory_{name}"] = own.default_factory
                parameter = f"{name}=_made"
                value = f"_factory_{name}() if {name} is _made else {name}"
            elif own.default is not _MISSING:
                namespace[f"_default_{name}"] = own.default
                parameter = f"{name}=_default_{name}"
            (by_name if own.kw_only else positional).append(parameter)
            values.append(f"{name!r}: {value}")
        # In one step: a third less time than one by one, and reading an attribute takes a third of the time
        # (a dictionary with keys of its own is what CPython looks into without a detour).
        namespace["_set"] = cls.__record_set__
        body = ["_set(self, {" + ", ".join(values) + "})"]
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        parameters = ", ".join(["self", *positional, *(["*", *by_name] if by_name else [])])
        exec(f"def __init__({parameters}):\n  " + "\n  ".join(body), namespace)
        init = namespace["__init__"]
        init.__qualname__ = f"{cls.__qualname__}.__init__"
        return init

    def _dictionary_of(cls):
        """The attribute `__dict__` of the instances of a class."""
        return next(base.__dict__["__dict__"] for base in cls.__mro__ if "__dict__" in base.__dict__)

    def _refuse_to_set(self, name, value):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_to_delete(self, name):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")
