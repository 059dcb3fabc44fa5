"""PostgreSQL: the SQL that `Ecto.Adapters.Postgres` sends, and what the server does with it."""
