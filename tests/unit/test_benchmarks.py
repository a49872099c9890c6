"""The pure parts of the benchmarks: statistics, goals, the table, the texts; no timing is asserted."""

from __future__ import annotations

import json

import pytest

from shared.record import faults
from tests.benchmarks.__main__ import BENCHMARKS, main, write
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least, at_most, percentile, table
from tests.benchmarks.texts import Words

FIGURES = [figure for benchmark in BENCHMARKS.values() for figure in benchmark.figures]
EXAMPLE = Figure("计量", "ms", "the least", (at_most(10), at_least(0.5, RATIO)))


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(seed=1)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_figure_names_a_goal_and_a_floor(figure: Figure):
    assert figure.goals
    assert figure.floor
    assert figure.unit


def test_no_two_figures_have_one_name():
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.95, 95), (1.0, 100)],
)
def test_a_percentile_is_the_nearest_rank(share: float, expected: int):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_a_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("goal", "value", "floor", "met"),
    [
        (at_most(10), 10, 1, True),
        (at_most(10), 10.1, 100, False),
        (at_least(10), 9.9, 1, False),
        (at_least(0.7, RATIO), 70, 100, True),
        (at_least(0.7, RATIO), 69, 100, False),
        (at_most(2.5, RATIO), 25, 10, True),
        (at_most(2.5, RATIO), 26, 10, False),
    ],
)
def test_a_goal_holds_the_value_or_its_ratio_to_the_floor(goal, value, floor, met):
    assert goal.met(value, floor) is met


def test_the_median_counts_and_every_goal_must_be_met():
    measured = Measured(EXAMPLE, [9, 1000, 1], [2, 12, 900])
    assert (measured.value, measured.floor) == (9, 12)
    assert measured.good
    assert not Measured(EXAMPLE, [9], [90]).good
    assert not Measured(EXAMPLE, [11], [12]).good


def test_the_table_lines_up_also_with_chinese():
    text = table([Measured(EXAMPLE, [9], [12]), Measured(Figure("plain", "s", "none", (at_most(1),)), [1234.5], [1])])
    head, chinese, plain = text.split("\n")
    assert head.split() == ["figure", "value", "unit", "floor", "ratio", "goal", "floor", "is"]
    assert chinese.split() == [
        "计量",
        "9.00",
        "ms",
        "12.0",
        "0.75",
        "≤",
        "10,",
        "≥",
        "0.5×",
        "floor",
        "met",
        "the",
        "least",
    ]
    assert plain.split()[1] == "1,234"
    assert "MISSED" in plain
    assert head.index("value") == plain.index("1,234") == chinese.index("9.00") + 2  # two wide signs


def test_the_results_of_other_benchmarks_are_kept(tmp_path):
    path = tmp_path / "var" / "bench.json"
    write(path, {"one": [Measured(EXAMPLE, [9], [12])]}, quick=False)
    write(path, {"two": [Measured(EXAMPLE, [1], [2], {"records": 3})]}, quick=True)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert set(found) == {"one", "two"}
    [figure] = found["two"]["figures"]
    assert (figure["value"], figure["floor"], figure["ratio"], figure["good"]) == (1, 2, 0.5, True)
    assert figure["notes"] == {"records": 3}
    assert found["two"]["quick"] is True


def test_only_the_named_benchmarks_run(tmp_path, monkeypatch, capsys):
    asked: list[tuple[str, bool]] = []

    def played(name: str) -> Benchmark:
        return Benchmark(
            name, (EXAMPLE,), lambda quick: asked.append((name, quick)) or [Measured(EXAMPLE, [99], [1])]
        )

    for name in ("one", "two"):
        monkeypatch.setitem(BENCHMARKS, name, played(name))
    output = tmp_path / "bench.json"
    assert main(["two", "--quick", "--output", str(output)]) == 0
    assert asked == [("two", True)]
    assert "计量" in capsys.readouterr().out
    assert main(["one", "--output", str(output)]) == 1, "a full run that misses a goal says so"


def test_an_unknown_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "publish" in capsys.readouterr().err


def test_generated_records_are_good_and_the_same_for_one_seed(words):
    made = [words.record() for _ in range(50)]
    assert [faults(record) for record in made] == [[]] * 50
    again = Words(seed=1)
    assert [again.record()["title"] for _ in range(50)] == [record["title"] for record in made]


def test_frequent_words_are_drawn_more_often(words):
    text = words.text(3000, 10_000)
    assert text.count("的") > text.count("砝码")
