"""One package per database: the SQL its Ecto adapter sends, and what the database does with it."""
