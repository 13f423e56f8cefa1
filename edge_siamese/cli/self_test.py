"""``edge-siamese self-test``: compares a delegate's outputs with the models' golden vectors."""

from typing import Any

import click

from .shared.options import engine_options, json_option
from .shared.output import emit_json, table


@click.command("self-test")
@json_option
@engine_options
def self_test(as_json: bool, **engine_settings: Any) -> None:
    """Compare the delegate's outputs with the golden vectors of embedder and detector; exit 1 if they differ."""
    from ..engine import FaceEngine
    from ..tflite.self_test import MIN_COSINE, MIN_MEAN_COSINE
    from ..tflite.self_test import self_test as run

    with FaceEngine.open(**engine_settings, check=False) as engine:
        cards = (engine.embedder_card, engine.detector_card)
        results = [run(engine.networks[card.task], card) for card in cards]
        digests, runtime = engine.digests, engine.runtime
    if as_json:
        body = {
            "runtime": runtime,
            "delegate": results[0].delegate,
            "min_cosine": MIN_COSINE,
            "min_mean_cosine": MIN_MEAN_COSINE,
            "results": [{"task": result.task, "cosines": list(result.cosines)} for result in results],
        }
        emit_json("self-test", body, models=digests)
        return
    rows = [
        (
            result.task,
            str(len(result.cosines)),
            f"{min(result.cosines):.4f}",
            f"{sum(result.cosines) / len(result.cosines):.4f}",
        )
        for result in results
    ]
    click.echo(f"{runtime}, delegate {results[0].delegate}: passed")
    click.echo(table(rows, header=("model", "golden vectors", "min cosine", "mean cosine")))
