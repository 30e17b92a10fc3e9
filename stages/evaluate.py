"""Evaluate a student, one of its iterations or a start: `python -m stages.evaluate uniform.1 in-domain zero-shot`."""

from dragon.config import Params
from stages.entry import run
from stages.evaluations import publish, score_checkpoint
from stages.scoring import line
from stages.systems import published, walked


def main(system: str, *suites: str) -> None:
    params = Params.load()
    subject = published(params, system)
    student, _, number = system.partition(".")
    others = params.seeds[1:] if student in params.experiments else ()
    for suite in suites:
        params.suite(suite)
        seeds = {}
        for seed in others:
            found = score_checkpoint(params, walked(params, student, number, seed), suite)
            seeds[str(seed)] = publish(params, found, system, suite, folder=f"seed-{seed}").values
        found = score_checkpoint(params, subject, suite)
        table = publish(params, found, system, suite, facts={**subject.facts, **({"seeds": seeds} if seeds else {})})
        table.write(params.layout.metrics(system, suite))
        print(line(table))


if __name__ == "__main__":
    run(main)
