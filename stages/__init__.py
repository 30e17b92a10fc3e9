"""One file per kind of DVC stage: names in, artifacts out. A stage only names and calls."""

import os

# Before any library that computes is loaded: threads that wait must not spin. On cores that somebody else uses too,
# spinning makes two threads 8 to 15 times slower than one; on quiet cores, not spinning costs a tenth.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
