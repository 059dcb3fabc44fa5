"""What an Ecto migration runs: Elixir terms, the reader, the commands, and their rollback."""
