"""JSON on a stream, whatever its encoding is."""

from __future__ import annotations

import json
from typing import Any, TextIO


def write(value: Any, output: TextIO) -> None:
    # ASCII: it is right in every encoding, also for file names that are no UTF-8.
    json.dump(value, output, indent=2, ensure_ascii=True)
    output.write("\n")
