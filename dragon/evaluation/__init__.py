"""Runs and judgments -> numbers, with per-query values kept."""
