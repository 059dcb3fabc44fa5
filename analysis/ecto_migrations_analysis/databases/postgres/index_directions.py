"""The directions of index columns."""

from __future__ import annotations

# `index(:posts, desc: :title)`: what Ecto writes behind the column (`index_dir/2`).
DIRECTIONS = {
    "asc": "ASC",
    "asc_nulls_first": "ASC NULLS FIRST",
    "asc_nulls_last": "ASC NULLS LAST",
    "desc": "DESC",
    "desc_nulls_first": "DESC NULLS FIRST",
    "desc_nulls_last": "DESC NULLS LAST",
}
