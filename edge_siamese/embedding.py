"""The embedder: from an aligned crop to an int8 embedding."""

from .errors import ModelError
from .faces import Embedding
from .frames import RGB
from .tflite.card import ModelCard
from .tflite.model import Network, model_input


class FaceEmbedder:
    """Embeds aligned crops with an embedder network."""

    def __init__(self, network: Network, card: ModelCard) -> None:
        self.network, self.card = network, card
        scales = network.output_scales()
        if len(scales) != 1:
            raise ModelError(f"an embedder has one output, this model has {len(scales)}")
        (self._output,) = scales
        if scales[self._output][1] != card.zero_point:
            raise ModelError(
                f"the embedder's card names the zero point {card.zero_point}, its output has {scales[self._output][1]}"
            )

    def embed(self, crop: RGB) -> Embedding:
        """Embed one aligned uint8 ``(112, 112, 3)`` RGB crop."""
        values = self.network.run(model_input(crop))[self._output]
        return Embedding(values.reshape(-1).copy(), self.card.zero_point, self.card.digest)
