"""The page in the browser: what it does is in plain functions, `page` only lays it out. Importing it is light."""
