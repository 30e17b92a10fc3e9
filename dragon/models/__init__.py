"""Bi-encoders, their vocabulary and tokens, the starts that a student begins from, and encoders that no library has.

The only package that imports transformers for students and tokenizers for the vocabulary.
"""

import os

# Read by the libraries when they are imported, so they are set before any module of this package.
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no network unless asked: HF_HUB_OFFLINE=0
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")  # transformers would ask the hub to convert .bin files
