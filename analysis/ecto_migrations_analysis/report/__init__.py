"""What is said about a migration as a whole: its two programs statement by statement."""
