"""Pairs of ours as a table: one row for each pair, one column for each place."""

from collections.abc import Iterator, Sequence

from dragon.reporting.markdown import NONE, signed, table
from dragon.reporting.pilot.pairs import UNDECIDED, PairResult
from dragon.reporting.pilot.spec import PairSpec
from dragon.reporting.pilot.values import Place


def pairs_table(found: Sequence[PairResult]) -> Iterator[str]:
    """One row for each pair, one column for each place; the reasons for what is missing follow."""
    places = list(dict.fromkeys(one.place for one in found))
    yield (
        "Not the paper's: left minus right in points, paired over queries, with a 95 % interval and, below it, the "
        "verdict (above, below: the interval leaves 0 out) and the lowest and highest difference "
        "over seeds (`-`: one seed). An interval is about other queries, seeds are about another "
        "training run: trust what both say."
    )
    yield ""
    rows: dict[PairSpec, list[PairResult]] = {}
    for one in found:
        rows.setdefault(one.pair, []).append(one)
    heads = ["Left", "Right", "Question", *(f"{place.title}{_queries(place, found)}" for place in places)]
    yield from table(heads, [_pair(results) for results in rows.values()], texts=3)
    reasons = dict.fromkeys(one.reason for one in found if one.reason)
    if reasons:
        yield from ("", f"{NONE}: {'; '.join(reasons)}.")


def _queries(place: Place, found: Sequence[PairResult]) -> str:
    count = next((one.queries for one in found if one.place == place and one.queries), None)
    return f" ({count:,} queries)" if count else ""


def _pair(results: Sequence[PairResult]) -> list[str]:
    pair = results[0].pair
    right = f"`{pair.right[0]}`" if len(pair.right) == 1 else f"best of {', '.join(f'`{one}`' for one in pair.right)}"
    return [f"`{pair.left}`", right, pair.says, *map(_compared, results)]


def _compared(one: PairResult) -> str:
    if one.difference is None or one.low is None or one.high is None:
        return NONE
    verdict = one.verdict if one.verdict == UNDECIDED else f"**{one.verdict}**"
    chosen = f"<br>`{one.right}`" if len(one.pair.right) > 1 else ""
    return f"{signed(one.difference)} ({signed(one.low)} to {signed(one.high)})<br>{verdict}; {_spread(one)}{chosen}"


def _spread(one: PairResult) -> str:
    found = one.by_seed.values()
    return f"seeds {signed(min(found))} to {signed(max(found))}" if len(found) > 1 else "-"
