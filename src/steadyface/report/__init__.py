"""Pictures of a run for people to look at."""
