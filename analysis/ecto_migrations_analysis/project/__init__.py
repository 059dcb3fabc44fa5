"""The mix project around a migration. The only part of the analysis that reads the disk."""
