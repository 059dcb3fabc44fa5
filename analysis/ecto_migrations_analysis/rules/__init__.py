"""One rule per module; `registry` lists them."""
