"""Many clips times many edits, on the cores of one machine or on a Ray cluster; importing it imports neither."""
