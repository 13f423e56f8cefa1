"""Import networks from Keras, SavedModel, ONNX, PyTorch and TFLite files.

An imported network takes float32 images ``(1, H, W, C)`` scaled by ``(pixel - 128) / 128`` and returns one vector.
"""

from .contract import PixelInput as PixelInput
from .loading import load_any as load_any
from .networks import GraphNetwork as GraphNetwork
from .networks import ImportedNetwork as ImportedNetwork
from .networks import KerasNetwork as KerasNetwork
