"""The student: one iteration is a pure function of (parent, queries, label lists, settings, seed)."""
