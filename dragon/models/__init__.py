"""Bi-encoders, their vocabulary and tokens, the starts that a student begins from, and encoders that no library has.

The only package that imports transformers for students and tokenizers for the vocabulary.
"""
