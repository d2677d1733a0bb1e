"""A clip as the method sees it: frames by number, aligned crops, codes with the generator that renders them."""
