"""What ran where and for how long, from a ledger by hand."""

from pathlib import Path

from dragon.reporting.machine import iterations, machine, stage_times

HERE = Path("/home/someone/checkout")


def stage(module, names, seconds, checkout=str(HERE), **more):
    return {
        "event": "stage",
        "module": f"stages.{module}",
        "names": names,
        "checkout": checkout,
        "seconds": seconds,
        **more,
    }


def test_the_latest_time_of_each_stage_counts_by_kind():
    events = [
        stage("train", ["uniform"], 9.0),
        stage("train", ["uniform"], 2.0),
        stage("train", ["progressive"], 3.0),
        stage("report", [], 4.0),
        {"event": "iteration", "seconds": 100.0},
    ]
    train, report = stage_times(events, HERE, "mini")
    assert (train.module, train.stages, train.seconds) == ("train", 2, 5.0)
    assert (train.longest, train.longest_seconds) == ("progressive", 3.0)
    assert (report.module, report.longest) == ("report", "")


def test_other_checkouts_and_scales_do_not_count_but_dvcs_copies_do():
    events = [
        stage("train", ["a"], 1.0, checkout="/home/someone/else"),
        stage("train", ["b"], 2.0, scale="paper"),
        stage("train", ["c"], 4.0, checkout=f"{HERE}/.dvc/tmp/exps/standalone/tmp1"),
        stage("train", ["d"], 8.0, scale="mini"),
    ]
    (train,) = stage_times(events, HERE, "mini")
    assert (train.stages, train.seconds) == (2, 12.0)
    assert stage_times([], HERE, "mini") == []


def test_iterations_asked_distinct_and_computed():
    events = [
        {"event": "iteration", "key": "a", "computed": True, "seconds": 5.0},
        {"event": "iteration", "key": "a", "computed": False, "seconds": 0.1},
        {"event": "iteration", "key": "other", "computed": True, "seconds": 50.0},
        stage("train", [], 1.0),
    ]
    found = iterations(["a", "b", "a"], events)
    assert (found.asked, found.distinct, found.computed, found.seconds) == (3, 2, 1, 5.0)


def test_the_machine_is_named_without_importing_torch():
    found = machine()
    assert all(found.values())
    assert {"processor", "cores", "memory", "operating system", "python", "torch"} <= set(found)
    assert int(found["cores"]) >= 1
