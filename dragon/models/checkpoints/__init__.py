"""Encoders that are checkpoints on disk: dense, late interaction, cross-encoder, SPLADE.

The door to sentence-transformers. Nothing is fitted: ``fit`` finds the folder, checks that its weights are all there
and records their digests; ``load`` takes no other weights. The weights stay where they are.
"""
