"""The schema of the database as migrations leave it, and the history that replays them."""
