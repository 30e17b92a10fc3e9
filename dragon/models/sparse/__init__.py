"""Sparse representations: integer impacts of words, for an inverted index."""
