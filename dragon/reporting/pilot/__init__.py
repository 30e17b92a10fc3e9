"""The pilot of a scale: four of the paper's tables with several seeds, on one page."""
