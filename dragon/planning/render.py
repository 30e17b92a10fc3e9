"""A plan as Markdown: what is asked, what it costs, what is labelled, kept and downloaded."""

from collections.abc import Iterator, Mapping, Sequence

from dragon.planning.disk import disk, held
from dragon.planning.downloads import Download
from dragon.planning.plan import Parts, Plan, Row
from dragon.planning.rates import Rates
from dragon.planning.units import Unit
from dragon.planning.work import Work, visits_by_epochs
from dragon.reporting.markdown import table

UNKNOWN = "?"
Machines = Mapping[str, Rates]


def lines(plan: Plan, paper: Plan, machines: Machines, downloads: Sequence[Download]) -> list[str]:
    """The whole page; ``paper`` is the plan of what the paper itself prints."""
    return [
        *_head(plan, paper),
        *("", "What each adds to those above it:", "", *asked(plan)),
        *("", "What each costs alone, in hours of the machine (and of its CPU host for Lucene):", ""),
        *costs(plan, machines),
        *_about(machines),
        *("", "Labelling, one row per query set and teacher:", "", *_labels(plan, machines)),
        *("", "On disk, for all of it:", "", *_disk(plan)),
        *("", *_downloads(downloads)),
    ]


def asked(plan: Plan) -> list[str]:
    """Iterations, steps, tokens and FLOP that each item adds."""
    heads = ("item", "students", "iterations asked", "new", "steps", "tokens (G)", "EFLOP", "lists", "evaluations")
    rows = [_asked(plan, row) for row in plan.rows if _shown(row)]
    return table(heads, rows)


def costs(plan: Plan, machines: Machines) -> list[str]:
    """Hours of each item alone, and of all: training + labels + evaluation, and of the host."""
    heads = ["item", *(f"{name}: {part}" for name in machines for part in ("machine", "CPU host"))]
    needed = [(_title(row), plan.parts(row.alone)) for row in plan.rows if _shown(row)]
    needed.append(("all of them", plan.parts(plan.whole)))
    return table(heads, [[name, *_hours(parts, machines)] for name, parts in needed])


def hours(work: Work, rates: Rates) -> float | None:
    """Wall-clock hours of the machine; None where a rate is missing."""
    parts = [rates.hours(kind, flop) for kind, flop in work.flop.items() if flop]
    return None if None in parts else sum(part for part in parts if part is not None)


def host_hours(work: Work, rates: Rates) -> float | None:
    """Wall-clock hours of the CPU host."""
    parts = [rates.host_hours(teacher, pairs) for teacher, pairs in work.lucene.items()]
    return None if None in parts else sum(part for part in parts if part is not None)


def shown_hours(value: float | None) -> str:
    """Three digits: ``0.012``, ``42.3``, ``1,230``; ``?`` where nobody knows."""
    if value is None:
        return UNKNOWN
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def counts(plan: Plan) -> dict[str, float]:
    """The arithmetic of sharing: iterations, full-length units, epochs and steps."""
    units = plan.whole.units
    full = [unit for unit in units if plan.full(unit)]
    asked_full = [unit for row in plan.rows for unit in row.asked if plan.full(unit)]
    small = [unit for unit in units if unit not in set(full)]
    return {
        "iterations": len(units),
        "full-size": len(full),
        "small": len(small),
        "full-size units": sum(unit.training.epochs_scale for unit in full),
        "full-size units without sharing": sum(unit.training.epochs_scale for unit in asked_full),
        "full-size epochs": sum(plan.trained(unit).epochs for unit in full),
        "small epochs": sum(plan.trained(unit).epochs for unit in small),
        "steps": sum(plan.trained(unit).steps for unit in units),
        "steps if no short batch were dropped": sum(
            visits_by_epochs(unit, plan.sizes) / unit.training.batch_size for unit in units
        ),
        "checkpoints evaluated": len({end for end, _ in plan.whole.students if isinstance(end, Unit)}),
    }


def _head(plan: Plan, paper: Plan) -> Iterator[str]:
    params, training = plan.params, plan.params.training
    largest = max((plan.trained(unit).steps / unit.training.epochs_scale for unit in plan.whole.units), default=0)
    recipe = f"recipe {params.recipe}" if params.recipe_settings else "settings of its own"
    yield f"# Plan of scale {params.scale_name}: {plan.sizes.about}"
    yield ""
    yield (
        f"{recipe}; batches of {training.batch_size:,}, {training.epochs:g} epochs an iteration, lengths"
        f" {training.max_length.query}/{training.max_length.passage}, seeds {', '.join(map(str, params.seeds))};"
        f" {largest:,.0f} steps an iteration of the largest query set, an epoch's last short batch dropped"
    )
    yield ""
    ours, theirs = counts(plan), counts(paper)
    rows = [[name, f"{value:,.0f}", f"{theirs[name]:,.0f}"] for name, value in ours.items()]
    yield from table(("", "all", "the paper's own"), rows)


def _asked(plan: Plan, row: Row) -> list[str]:
    new = [plan.trained(unit) for unit in row.added.units]
    return [
        _title(row),
        str(len(row.item.checkpoints)),
        str(len(row.asked)),
        str(len(new)),
        f"{sum(one.steps for one in new):,}",
        f"{sum(one.real_tokens for one in new) / 1e9:,.3g}",
        f"{sum(one.flop for one in new) / 1e18:,.3g}",
        str(len(row.added.lists)),
        str(len(row.added.students) + len(row.added.teachers)),
    ]


def _hours(parts: Parts, machines: Machines) -> Iterator[str]:
    for rates in machines.values():
        found = [hours(work, rates) for work in (parts.training, parts.labels, parts.evaluation)]
        yield f"{shown_hours(_sum(found))} ({' + '.join(map(shown_hours, found))})"
        yield shown_hours(host_hours(parts.total, rates))


def _sum(found: Sequence[float | None]) -> float | None:
    return None if None in found else sum(one for one in found if one is not None)


def _about(machines: Machines) -> Iterator[str]:
    yield ""
    yield (
        "In brackets: training + labels + evaluation. Training counts every text as long as it may be, which a batch"
        " that is padded to its longest comes near."
    )
    for name, rates in machines.items():
        yield f"* {name}: {rates.about}, {rates.kind}" + (" (targets)" if rates.kind == "estimated" else "")


def _labels(plan: Plan, machines: Machines) -> list[str]:
    heads = ["query set", "teacher", "queries", "EFLOP", *(f"{name} h" for name in machines), "GB"]
    rows = []
    for query_set, teacher in sorted(plan.whole.lists):
        work, queries = plan.listed(query_set, teacher), plan.sizes.queries(query_set).number
        spent = [_either(work, rates) for rates in machines.values()]
        size = queries * plan.params.scale.label_depth * 8 / 1e9
        flop = f"{sum(work.flop.values()) / 1e18:.3g}"
        rows.append([query_set, teacher, f"{queries:,}", flop, *spent, f"{size:.3g}"])
    return table(heads, rows, texts=2)


def _either(work: Work, rates: Rates) -> str:
    host = f" + {shown_hours(host_hours(work, rates))} host" if work.lucene else ""
    return shown_hours(hours(work, rates)) + host


def _disk(plan: Plan) -> Iterator[str]:
    found = disk(plan, plan.whole)
    rows = [[name, f"{size / 1e9:,.3g}"] for name, size in {**found, "together": sum(found.values())}.items()]
    yield from table(("what is kept", "GB"), rows)
    yield ""
    yield f"The embeddings of the largest collection take {held(plan) / 1e9:.3g} GB of memory and are not kept."


def _downloads(found: Sequence[Download]) -> Iterator[str]:
    if not found:
        yield "Downloads: none."
        return
    yield "Downloads:"
    yield ""
    rows = [[one.name, one.about, UNKNOWN if one.bytes is None else f"{one.bytes / 1e9:,.3g}"] for one in found]
    known = sum(one.bytes or 0 for one in found)
    yield from table(("what", "of", "GB"), [*rows, ["together, where known", "", f"{known / 1e9:,.3g}"]], texts=2)


def _shown(row: Row) -> bool:
    needed = row.alone
    return bool(needed.units or needed.lists or needed.students or needed.teachers)


def _title(row: Row) -> str:
    return row.item.paper or row.item.name
