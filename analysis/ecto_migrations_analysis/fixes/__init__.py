"""Rewrites into the safe form: plain data, applied by an editor or by the command line."""
