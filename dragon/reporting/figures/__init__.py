"""Figures are data too: a spec names what is drawn, files fill it, and SVG, PNG, CSV and Markdown show the same.

``spec`` reads ``reports/figures/*.yaml``; one module per kind (``scatter``, ``curriculum``, ``growth``, ``examples``)
gathers plain data; ``content`` prints them as Markdown and CSV. Modules named ``draw_*``, ``style`` and ``placing``
are the only ones that import Matplotlib, and ``render`` loads them when a picture is asked for.
"""
