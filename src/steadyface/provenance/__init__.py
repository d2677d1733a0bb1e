"""How a result states that it was edited: the note in the file, and a signed C2PA manifest."""
