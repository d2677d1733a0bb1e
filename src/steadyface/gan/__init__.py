"""Generators: the contract, the default one, and how its arrays are named."""
