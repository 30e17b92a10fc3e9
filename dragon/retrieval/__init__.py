"""Texts -> vectors -> ranked lists, exactly."""
