"""What a result says about how it was made: the note in the file, and a signed C2PA manifest."""
