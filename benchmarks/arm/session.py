"""Session of ``bench arm``: counts or predicts instructions and collects the results."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from edge_siamese.arm_cost import CORES, ArmCore, predict, read_operators
from edge_siamese.errors import DataError
from edge_siamese.models import named_model, shipped_models

from .budget import Budget, Excess
from .counting import CountingRun
from .layers import Breakdown, counted_breakdowns, predicted_breakdown
from .report import ArmReport, Row, rows_of
from .rig import Rig
from .subjects import CountedSubject, Image, find_model, resolve

Progress = Callable[[int, int], None]


def count(
    subjects: Sequence[CountedSubject],
    cores: Sequence[ArmCore],
    image: Image,
    rig: Rig,
    *,
    repeat: int = 2,
    layers: bool = False,
    progress: Progress = lambda done, total: None,
) -> ArmReport:
    """Count subjects.

    Args:
        subjects: what to count.
        cores: on which.
        image: for the pipelines.
        rig: what counts.
        repeat: how many runs each count is the mean of.
        layers: whether to count every operator of each network too; otherwise their shares are predicted.
        progress: is given how many counts are done and how many there are.
    """
    run = CountingRun(rig, repeat)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "image.npz"
        image.save(file)
        counts = run.count([counted.job(file) for counted in subjects], cores, progress)
    rows = rows_of(
        counts,
        macs={counted.name: counted.macs for counted in subjects},
        runs={counted.name: 2 for counted in subjects if counted.mirrored},
    )
    failed = {row.name for row in rows if row.errors}
    breakdowns: dict[str, list[Breakdown]] = {}
    for counted in subjects:
        if not counted.operators or counted.name in failed or run.is_partial:
            continue
        if layers:
            path = Path(counted.item["path"])
            breakdowns[counted.name] = counted_breakdowns(path, counted.operators, run, cores, progress)
        else:
            breakdowns[counted.name] = [predicted_breakdown(counted.operators, core) for core in cores]
    has_image = any(counted.item["kind"] != "network" for counted in subjects)
    return ArmReport(
        "counted",
        [core.name for core in cores],
        rows,
        breakdowns,
        image.title if has_image else "",
        rig.manifest,
        run.is_partial,
        layers,
    )


def predict_models(words: Sequence[str], cores: Sequence[ArmCore], *, layers: bool = False) -> ArmReport:
    """Predict networks, without the rig.

    Args:
        words: names of shipped models or ``.tflite`` files; without any, all shipped models.
        cores: for which.
        layers: whether the text lists every operator.

    Raises:
        DataError: a word names nothing, or something that is not one network.
        ModelError: a file is damaged.
    """
    rows, breakdowns = [], {}
    for word in words or [path.stem for path in shipped_models()]:
        if word == "peers" or word.startswith("pipeline"):
            raise DataError(f"{word}: only networks can be predicted: a shipped model's name or a .tflite file")
        if word.endswith(".keras"):
            raise DataError(
                f"{word}: expected a .tflite file; `edge-siamese lint {word} --cost` predicts a Keras network"
            )
        path = find_model(word)
        name = path.stem if named_model(word) else path.name
        operators = read_operators(path)
        found = [predicted_breakdown(operators, core) for core in cores]
        whole = {prediction.core: prediction.instructions for prediction in predict(operators, cores)}
        rows.append(Row(name, "", sum(operator.macs for operator in operators), instructions=whole))
        breakdowns[name] = found
    return ArmReport("predicted", [core.name for core in cores], rows, breakdowns, show_layers=layers)


def check_budget(
    budget: Budget, rig: Rig, progress: Progress = lambda done, total: None
) -> tuple[ArmReport, list[Excess]]:
    """Count everything that a budget names, and say what is over it."""
    names = {word: resolve([word])[0].name for word in budget.words}
    cores = [CORES[core] for core in budget.cores]
    report = count(resolve(budget.words), cores, Image.rendered(320, 240), rig, progress=progress)
    return report, budget.check(report.rows, names)
