"""The nouns. Ids outside, rows inside: strings become rows when a collection is read, and strings
again when a run file is written, nowhere else.

Legend for shapes in names: Q queries, D passages, K list depth, N teachers, B batch, T tokens, H dimensions.
Ranks start at 1 and intervals are inclusive; metric values are fractions in [0, 1].
"""

from dragon.core.checkpoint import Checkpoint
from dragon.core.corpus import Corpus, Passage
from dragon.core.label_store import LabelStore
from dragon.core.metric_table import MetricTable
from dragon.core.qrels import Qrels
from dragon.core.queries import Queries
from dragon.core.ranked_lists import RankedLists
from dragon.core.run import Run

__all__ = ["Checkpoint", "Corpus", "LabelStore", "MetricTable", "Passage", "Qrels", "Queries", "RankedLists", "Run"]
