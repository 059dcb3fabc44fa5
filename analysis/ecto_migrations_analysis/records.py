"""`dataclass` and `field` of the standard library, with the work put off until a class is first used.

The decorator of the standard library compiles the source of up to seven methods for each class, which takes
about 0.8 ms. The vocabulary of this package has more than 150 classes, and one migration uses a few of them:
at start they would cost more than everything else together (measured: 210 ms against 58 ms). Here a class is
completed when an instance of it is made or something asks for its fields; from then on it is what
`dataclasses.dataclass` makes of it, except that `slots` is ignored, because that would make another class.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import TYPE_CHECKING

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:
    # For type checkers it is the one they know.
    from dataclasses import dataclass
else:
    from threading import RLock

    # Completing a class completes its bases.
    _lock = RLock()

    def dataclass(cls=None, /, **parameters):
        """`dataclasses.dataclass`, put off."""
        parameters.pop("slots", None)
        if cls is None:
            return lambda cls: _put_off(cls, parameters)
        return _put_off(cls, parameters)

    def _put_off(cls, parameters):
        later = [_Later(name) for name in ("__dataclass_fields__", "__dataclass_params__", "__match_args__")]

        def complete():
            with _lock:
                if cls.__dict__["__init__"] is not first_init:
                    return  # by another thread, in the meantime
                for name in ("__init__", *(attribute.name for attribute in later)):
                    delattr(cls, name)
                if cls.__doc__ is None:
                    # `dataclasses` would make one of the signature, which takes as long as all the rest.
                    cls.__doc__ = cls.__name__
                dataclasses.dataclass(**parameters)(cls)

        def first_init(self, *args, **kwargs):
            complete()
            cls.__init__(self, *args, **kwargs)

        cls.__init__ = first_init
        for attribute in later:
            attribute.complete = complete
            setattr(cls, attribute.name, attribute)
        return cls

    class _Later:
        """A class attribute that completing the class replaces."""

        def __init__(self, name):
            self.name = name
            self.complete = None

        def __get__(self, instance, owner):
            self.complete()
            return getattr(owner, self.name)
