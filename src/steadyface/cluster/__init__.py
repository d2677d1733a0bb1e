"""Many clips times many edits, on the cores of one machine or on a Ray cluster. Importing it doesn't import Ray."""
