"""Montage of the layer activations of a network for one image."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.reports.canvas import Drawing

MAX_LAYERS, MAX_CHANNELS = 6, 24
_COLUMNS = 12


@dataclass(frozen=True, eq=False)
class LayerActivation:
    """Name of a layer and its output float32 ``(H, W, C)``."""

    name: str
    values: npt.NDArray[np.float32]


def layer_activations(network: Any, image: npt.NDArray[np.float32]) -> list[LayerActivation]:
    """Compute the outputs of up to six layers with spatial output, evenly spaced from input to embedding.

    Args:
        network: Keras model with input float ``(N, H, W, C)``; layers inside nested models are not included.
        image: normalized float32 ``(H, W, C)``.
    """
    import keras

    spatial = [layer for layer in network.layers[1:] if _is_spatial(layer)]
    spread = np.unique(np.linspace(0, len(spatial) - 1, min(MAX_LAYERS, len(spatial))).round().astype(int))
    chosen = [spatial[place] for place in spread.tolist()]
    if not chosen:
        return []
    part = keras.Model(network.inputs, [layer.output for layer in chosen])
    outputs = part([image[None]], training=False)
    return [
        LayerActivation(layer.name, np.asarray(output, np.float32)[0])
        for layer, output in zip(chosen, outputs, strict=True)
    ]


def activation_montage(activations: list[LayerActivation], *, channels: int = MAX_CHANNELS) -> Drawing:
    """Draw the first channels of each layer as tiles, each scaled from its minimum (dark) to its maximum (light)."""
    rows = [-(-min(channels, layer.values.shape[2]) // _COLUMNS) for layer in activations]

    def draw(figure: Any) -> None:
        panels = figure.subplots(len(rows), 1, squeeze=False, gridspec_kw={"height_ratios": rows})[:, 0]
        for axes, layer in zip(panels, activations, strict=True):
            height, width, count = layer.values.shape
            axes.imshow(_tiles(layer.values[..., :channels]), cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
            shown = f", {channels} of them" if count > channels else ""
            axes.set_title(f"{layer.name}: {count} channels of {height} x {width}{shown}", fontsize=9, loc="left")
            axes.set_axis_off()

    return Drawing(draw, (8.4, sum(0.68 * row + 0.3 for row in rows)))


def _is_spatial(layer: Any) -> bool:
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and None not in shape[1:] and min(shape[1:3]) > 1


def _tiles(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Place channels side by side with a gap of NaN; returns float32 ``(H, W')``."""
    low = values.min(axis=(0, 1))
    scaled = (values - low) / np.maximum(values.max(axis=(0, 1)) - low, 1e-12)
    gap = max(scaled.shape[0] // 16, 1)
    tiles = np.full((-(-scaled.shape[2] // _COLUMNS) * _COLUMNS, scaled.shape[0] + gap, scaled.shape[1] + gap), np.nan)
    tiles[: scaled.shape[2], :-gap, :-gap] = scaled.transpose(2, 0, 1)
    rows = tiles.reshape(-1, _COLUMNS, *tiles.shape[1:]).transpose(0, 2, 1, 3)
    return np.asarray(rows.reshape(rows.shape[0] * rows.shape[1], -1), np.float32)
