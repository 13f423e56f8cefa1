"""Delegates and threads of one model, measured in turns."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.tflite.runtime import TfliteNetwork

from ..timing.journal import Journal
from ..timing.measuring import RunLength, measure
from ..timing.ratios import Ratio, ratio
from ..timing.samples import LatencySamples
from .agreement import DelegateModel, OutputAgreement
from .gpu import run_on_accelerator

DELEGATES = ("xnnpack", "reference", "edgetpu", "gpu")


@dataclass(frozen=True)
class Configuration:
    """A way to run a network."""

    delegate: str
    threads: int = 1

    @property
    def title(self) -> str:
        return (
            f"xnnpack, {self.threads} thread{'s' if self.threads > 1 else ''}"
            if self.delegate == "xnnpack"
            else self.delegate
        )


@dataclass(frozen=True, eq=False)
class ConfigurationResult:
    """What was found about one configuration of one model.

    Attributes:
        model: name of the model.
        configuration: the configuration.
        samples: durations of one run of the network; None if it does not run here.
        ratio: duration relative to the first configuration; None for that one, or where it was not measured in turns with it.
        agreement: agreement of the outputs; None if it does not run here.
        reason: why it does not run here; empty if it does.
        note: a remark on the figures.
    """

    model: str
    configuration: Configuration
    samples: LatencySamples | None = None
    ratio: Ratio | None = None
    agreement: OutputAgreement | None = None
    reason: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "delegate": self.configuration.delegate,
            "threads": self.configuration.threads,
            "latency": self.samples.summary().to_json() if self.samples else None,
            "ratio": self.ratio.to_json() if self.ratio else None,
            "agreement": self.agreement.to_json() if self.agreement else None,
            "not_run": self.reason or None,
            "note": self.note or None,
        }


def configurations(delegates: Sequence[str], threads: Sequence[int]) -> list[Configuration]:
    """XNNPACK with each number of threads, the other delegates once.

    Raises:
        DataError: a delegate is unknown.
    """
    for name in delegates:
        if name not in DELEGATES:
            raise DataError(f"delegate: expected one of {', '.join(DELEGATES)}, found {name!r}")
    found = []
    for name in delegates or DELEGATES:
        found += [Configuration(name, count) for count in threads] if name == "xnnpack" else [Configuration(name)]
    return list(dict.fromkeys(found))


def parse_threads(text: str | None) -> list[int]:
    """Numbers of threads, separated by commas; 1 to the number of cores without any.

    Raises:
        DataError: not numbers from 1 to 64.
    """
    if text is None:
        return list(range(1, min(os.cpu_count() or 1, 64) + 1))
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and 1 <= int(word) <= 64 for word in words):
        raise DataError(f"threads: expected numbers from 1 to 64 separated by commas, found {text!r}")
    return list(dict.fromkeys(int(word) for word in words))


def measure_configurations(
    model: DelegateModel, chosen: Sequence[Configuration], length: RunLength, journal: Journal | None = None
) -> tuple[list[ConfigurationResult], str]:
    """Measure the configurations of one model in turns; the GPU afterwards, in a process of its own.

    Returns:
        The results in order, and why the measurement is partial; empty if it is complete.
    """
    loaded: dict[Configuration, TfliteNetwork] = {}
    results: dict[Configuration, ConfigurationResult] = {}
    for each in chosen:
        results[each] = ConfigurationResult(model.name, each)
        if each.delegate == "gpu":
            continue
        try:
            loaded[each] = model.load(each.delegate, each.threads)
        except EdgeSiameseError as error:
            results[each] = replace(results[each], reason=str(error))
    measured = measure({_label(model, each): _action(model, loaded[each]) for each in loaded}, length, recorder=journal)
    first = next(iter(loaded), None)
    for each, network in loaded.items():
        samples = measured.samples[_label(model, each)]
        if len(samples):
            base = measured.samples[_label(model, first)] if first and each != first else None
            results[each] = replace(
                results[each], samples=samples, ratio=_ratio(samples, base), agreement=model.agreement(network)
            )
        else:
            results[each] = replace(results[each], reason=measured.partial or "no samples")
        network.close()
    for each in chosen:
        if each.delegate == "gpu" and measured.partial != "interrupted":
            results[each] = _on_gpu(model, results[each], length)
    return [results[each] for each in chosen], measured.partial


def _label(model: DelegateModel, configuration: Configuration) -> str:
    return f"{model.name}, {configuration.title}"


def _action(model: DelegateModel, network: TfliteNetwork) -> Any:
    pixels = model.random_input(network)
    return lambda: network.run(pixels)


def _ratio(samples: LatencySamples, base: LatencySamples | None) -> Ratio | None:
    try:
        return ratio(samples, base) if base is not None else None
    except DataError:
        return None


def _on_gpu(model: DelegateModel, result: ConfigurationResult, length: RunLength) -> ConfigurationResult:
    try:
        run = run_on_accelerator(model, "GPU", length)
    except EdgeSiameseError as error:
        return replace(result, reason=str(error))
    note = "measured after the others" + ("" if run.is_whole else "; some of its operators run on the CPU")
    return replace(
        result,
        samples=LatencySamples.of(_label(model, result.configuration), run.ns),
        agreement=run.agreement,
        note=note,
    )
