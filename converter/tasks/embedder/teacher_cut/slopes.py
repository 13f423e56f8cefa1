"""From the teacher's PReLU to ReLU: slopes that shrink during training, and the network without them."""

from typing import Any

import keras

from edge_siamese.errors import DataError

from ....networks.mobilefacenet import AnnealedPReLU, build_mobilefacenet, set_slope_share
from .cut import table_of


class SlopeAnnealing(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes the share of the PReLU slopes linearly from one value to another over some steps, then holds it.

    Parameters
    ----------
    network : keras.Model
        Of `build_mobilefacenet` with PReLU.
    start, end : float
        Shares, 0 to 1.
    steps : int
        Training steps in between.
    steps_per_epoch : int
        By which a resumed run knows where it is.
    """

    def __init__(self, network: Any, start: float, end: float, *, steps: int, steps_per_epoch: int) -> None:
        super().__init__()
        self._network, self._start, self._end = network, start, end
        self._steps, self._steps_per_epoch = max(1, steps), steps_per_epoch
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the epoch and set the share of its first step."""
        self._epoch = epoch
        self._set(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Set the share of the next step."""
        self._set(batch + 1)

    def _set(self, batch: int) -> None:
        progress = min(1.0, (self._epoch * self._steps_per_epoch + batch) / self._steps)
        set_slope_share(self._network, self._start + (self._end - self._start) * progress)


def without_slopes(network: Any) -> Any:
    """The same network with ReLU, once its slopes count for nothing.

    Parameters
    ----------
    network : keras.Model
        Of `build_mobilefacenet` with PReLU whose share is 0, or with ReLU.

    Returns
    -------
    keras.Model
        With ReLU, computing in the current precision.

    Raises
    ------
    DataError
        The slopes still count.
    """
    shares = [float(layer.share) for layer in network.layers if isinstance(layer, AnnealedPReLU)]
    if any(shares):
        raise DataError(f"the PReLU slopes still count for {max(shares):.2g}; anneal them to 0 before they are dropped")
    plain = build_mobilefacenet(table_of(network), input_size=network.input_shape[1])
    copy_weights(network, plain)
    return plain


def copy_weights(source: Any, target: Any) -> None:
    """Give `target` the weights of the layers of `source` that both have, by name."""
    names = {layer.name for layer in source.layers}
    for layer in target.layers:
        if layer.weights and layer.name in names:
            layer.set_weights(source.get_layer(layer.name).get_weights())
