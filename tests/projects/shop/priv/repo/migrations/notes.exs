# Not a migration: Ecto passes over it.
