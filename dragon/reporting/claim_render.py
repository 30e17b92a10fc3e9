"""Claims as Markdown, CSV and LaTeX: the verdict first, effectiveness as points with one decimal."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from dragon.config import Params
from dragon.core.metric_table import MEAN
from dragon.reporting.claim_results import VERDICTS, Outcome, Result
from dragon.reporting.claims import ClaimsSpec
from dragon.reporting.render import latex

HEADS = ("Verdict", "Sentence", "Section", "Test", "Paper", "Ours", "95 % interval", "p (Holm)", "Effect", "Seeds", "n")


def to_markdown(spec: ClaimsSpec, results: Sequence[Result], params: Params) -> str:
    """One table per family, then why claims were not run and which are doubtful."""
    lines = [f"**Claims of the paper**: {counts(results)}.", "", standing(params), ""]
    for family, about in spec.families.items():
        rows = [row(one, params.scale.labels) for one in results if one.claim.family == family]
        lines += [f"**{_title(about)}**", "", *_markdown_table(rows), ""] if rows else []
    lines += [note(spec, params), ""]
    for title, texts in remarks(results).items():
        lines += [f"{title}:", "", *(f"- `{name}`: {text}" for name, text in texts), ""] if texts else []
    return "\n".join(lines).rstrip("\n") + "\n"


def to_csv(spec: ClaimsSpec, results: Sequence[Result], params: Params) -> str:
    """One line per comparison, numbers unrounded, with where they come from; ``decides`` marks the claim's."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow((*_CLAIM, "suite", "test", "measure", "decides", *Outcome.__dataclass_fields__))
    for one in results:
        place = tuple(asdict(one.place).values()) if one.place else ("", "", "")
        words = [getattr(one.claim, key) for key in _CLAIM]
        for number, outcome in enumerate(one.outcomes):
            values = ["" if value is None else value for value in asdict(outcome).values()]
            writer.writerow((*words, *place, int(number == one.decides), *values))
    return buffer.getvalue()


def to_latex(spec: ClaimsSpec, results: Sequence[Result], params: Params) -> str:
    """A ``longtable`` for booktabs, longtable and amssymb, on a wide page."""
    lines = [
        "\\begin{longtable}{lp{5cm}lp{4.5cm}rrlrrrr}",
        f"\\caption{{Claims of the paper: {_latex(counts(results))}. {_latex(standing(params))}}}\\\\",
        "\\toprule",
        " & ".join(map(_latex, HEADS)) + " \\\\",
        "\\midrule",
        "\\endhead",
    ]
    for family, about in spec.families.items():
        rows = [row(one, params.scale.labels) for one in results if one.claim.family == family]
        lines += [f"\\multicolumn{{{len(HEADS)}}}{{l}}{{\\emph{{{_latex(_title(about))}}}}} \\\\"] if rows else []
        lines += [" & ".join(map(_latex, cells)) + " \\\\" for cells in rows]
    notes = [f"{name}: {text}" for texts in remarks(results).values() for name, text in texts]
    notes = [f"\\par\\footnotesize {_latex(text)}" for text in (note(spec, params), *notes)]
    return "\n".join([*lines, "\\bottomrule", "\\end{longtable}", *notes]) + "\n"


FORMATS: dict[str, Callable[[ClaimsSpec, Sequence[Result], Params], str]] = {
    "md": to_markdown,
    "csv": to_csv,
    "tex": to_latex,
}
"""Suffix of the built file -> how claims are printed."""


def counts(results: Sequence[Result]) -> str:
    """``69 claims: 12 confirmed, ...``, the best verdict first."""
    found = [one.verdict for one in results]
    return f"{len(found)} claims: " + ", ".join(f"{found.count(one)} {one}" for one in VERDICTS if one in found)


def standing(params: Params) -> str:
    """Whether verdicts speak about the paper."""
    scale = params.scale
    what = "Comparable with the paper" if scale.comparable else "Not comparable with the paper"
    return f"{what}: scale {params.scale_name} ({scale.about}), evidence {scale.evidence}."


def note(spec: ClaimsSpec, params: Params) -> str:
    """How the numbers came about."""
    seeds = ", ".join(map(str, params.seeds))
    return (
        f"Paired sign-flip randomisation tests of {spec.samples:,} patterns, p corrected (Holm) within a family, alpha "
        f"{spec.alpha:g}; 95 % bootstrap intervals of {spec.resamples:,} draws, BCa for one test set and percentiles "
        "within strata for means. Effect: our difference over the paper's. Seeds: standard deviation of the difference "
        f"over the training seeds ({seeds}), n/a with one. Of several comparisons the worst is shown. Qualities have "
        "no values per query, so no p value: direction only at best."
    )


def row(result: Result, labels: Mapping[str, str]) -> list[str]:
    """One line of the table, as texts; ``labels`` say what the scale calls its suites."""
    one, factor = result.decisive, result.claim.factor
    signed = "+.1f" if one.right else ".1f"
    interval = [_shown(end, signed, factor) for end in (one.low, one.high)]
    return [
        result.verdict,
        f"“{result.claim.quote}”",
        result.claim.section,
        tested(result, labels),
        _shown(one.paper_difference, signed, factor),
        _shown(one.difference, signed, factor),
        "n/a" if one.low is None else " to ".join(interval),
        _p_value(one.p_holm),
        _shown(one.effect_ratio, ".2f"),
        _shown(one.seeds_spread, ".1f", factor),
        _shown(one.queries, ","),
    ]


def tested(result: Result, labels: Mapping[str, str]) -> str:
    """``progressive > uniform, PyDocs zero-shot mean nDCG@10``, and how many comparisons there were."""
    one, place = result.decisive, result.place
    what = _relation(result, one)
    where = f" ({result.claim.unit})"
    if place:
        suite = labels.get(place.suite, place.suite) if place.test == MEAN else place.suite
        where = f", {suite} {place.test} {place.measure}"
    return what + where + (f", worst of {len(result.outcomes)}" if len(result.outcomes) > 1 else "")


def remarks(results: Sequence[Result]) -> dict[str, list[tuple[str, str]]]:
    """Title -> (claim, text): reasons and doubts."""
    return {
        "Not run": [(one.claim.id, one.decisive.reason) for one in results if one.decisive.reason],
        "Doubtful in the paper": [(one.claim.id, one.claim.doubt) for one in results if one.claim.doubt],
    }


_CLAIM = ("id", "family", "kind", "section", "quote", "unit", "doubt")


_SIGNS = {"≤": "$\\leq$", "±": "$\\pm$", "“": "``", "”": "''", "\u2013": "--"}


def _latex(text: str) -> str:
    """Escaped, signs that text fonts lack in mathematics."""
    return "".join(_SIGNS.get(character, character) for character in latex(text))


def _title(about: str) -> str:
    return about[0].upper() + about[1:]


def _relation(result: Result, one: Outcome) -> str:
    claim = result.claim
    if claim.signed:
        return f"{one.left} > {one.right}" + (f" + {claim.by:g}" if claim.by else "")
    if claim.margin is not None:
        return f"{one.left} = {one.right} ± {claim.margin:g}"
    low, high = claim.limits
    what = f"{one.left} - {one.right}" if one.right else one.left
    return ("" if low is None else f"{low:g} ≤ ") + what + ("" if high is None else f" ≤ {high:g}")


def _shown(value: float | None, form: str, factor: float = 1) -> str:
    """A number, or n/a; what rounds to nothing has no minus sign."""
    if value is None:
        return "n/a"
    return format(value, form) if form == "," else format(round(factor * value, int(form[-2])) + 0.0, form)


def _p_value(value: float | None) -> str:
    if value is None:
        return "n/a"
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def _markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [[text.replace("|", "\\|") for text in line] for line in (HEADS, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = ["| " + " | ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)) + " |" for line in lines]
    return [head, "|" + "|".join(f":{'-' * (w + 1)}" for w in widths) + "|", *body]
