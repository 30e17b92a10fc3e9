"""One file per kind of DVC stage: names in, artifacts out. A stage only names and calls."""
