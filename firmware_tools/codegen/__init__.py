"""Code generator: int8 .tflite to C99 for microcontrollers, with the same bits as the reference kernels.

::

    network = generate(Path("embedder.tflite").read_bytes(), "embedder", backend="dsp")
    for name, text in network.sources.items():
        Path(name).write_text(text)
"""

from .generate import GeneratedNetwork, generate

__all__ = ["GeneratedNetwork", "generate"]
