"""TFLite runtime: finds an installed interpreter and loads networks with a delegate."""

import ctypes
import importlib
import importlib.metadata
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from ..errors import EdgeSiameseError, EngineClosedError, ModelError, RuntimeMissingError
from ..installation import install_command
from ..native_output import captured_native_output
from .flatbuffer import output_indices

Delegate = Literal["xnnpack", "reference", "edgetpu"]
EDGE_TPU_LIBRARY = "libedgetpu.so.1"
_CANDIDATES = (
    ("ai_edge_litert.interpreter", "ai-edge-litert"),
    ("tflite_runtime.interpreter", "tflite-runtime"),
    ("tensorflow.lite", "tensorflow"),
)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Runtime:
    """An installed interpreter: name and version of its distribution, and its module."""

    name: str
    version: str
    module: Any


class TfliteNetwork:
    """A network loaded in an interpreter.

    Threads can share a network; it runs for one thread at a time. After a fork, the child process can use it and creates its
    own interpreter at the first `run`.

    Args:
        build: creates an interpreter for the model.
        model: the .tflite's bytes.
        runtime, delegate: runtime and delegate that `build` uses.
        float_too: see `load_network`.

    Raises:
        ModelError: an input or output has another type.
    """

    def __init__(
        self, build: Callable[[], Any], model: bytes, runtime: Runtime, delegate: Delegate, *, float_too: bool = False
    ) -> None:
        self._build, self.runtime, self.delegate = build, runtime, delegate
        self._lock = threading.Lock()
        self._closed = False
        self._interpreter: Any = None
        interpreter = self._opened()
        (self._input,) = interpreter.get_input_details()
        details = {detail["index"]: detail for detail in interpreter.get_output_details()}
        names = output_indices(model) or {f"output{i}": index for i, index in enumerate(details)}
        self._outputs = {name: details[index] for name, index in names.items()}
        allowed = (np.int8, np.float32) if float_too else (np.int8,)
        if any(detail["dtype"] not in allowed for detail in (self._input, *details.values())):
            expected = " or ".join(dtype.__name__ for dtype in allowed)
            raise ModelError(f"the network is not fully {expected}: its input and outputs have to be")
        _LOADED.add(self)

    @property
    def interpreter(self) -> Any:
        """The runtime's interpreter, for inspecting its tensors; not thread-safe."""
        return self._opened()

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(int(side) for side in self._input["shape"])

    @property
    def input_dtype(self) -> type[np.int8] | type[np.float32]:
        dtype: type[np.int8] | type[np.float32] = self._input["dtype"]
        return dtype

    @property
    def input_scale(self) -> tuple[float, int]:
        """Scale and zero point of an int8 input."""
        scale, zero_point = self._input["quantization"]
        return float(scale), int(zero_point)

    @property
    def output_dtypes(self) -> dict[str, npt.DTypeLike]:
        """Type of each output, int8 or float32, by name."""
        return {name: detail["dtype"] for name, detail in self._outputs.items()}

    def run(self, image: npt.NDArray[np.int8] | npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        """Compute the outputs, by name, for one input ``(1, H, W, 3)`` of the network's input type.

        Raises:
            EngineClosedError: after `close`.
        """
        with self._lock:
            interpreter = self._opened()
            interpreter.set_tensor(self._input["index"], image)
            interpreter.invoke()
            return {name: interpreter.get_tensor(detail["index"]) for name, detail in self._outputs.items()}

    def close(self) -> None:
        """Free the interpreter's memory after a running `run` has ended; further calls have no effect."""
        with self._lock:
            self._interpreter, self._closed = None, True

    def after_fork(self) -> None:
        """Replace the lock and the interpreter in the child process of a fork; their threads exist only in the parent."""
        self._lock = threading.Lock()
        _OF_PARENTS.append(self._interpreter)
        self._interpreter = None

    def _opened(self) -> Any:
        if self._closed:
            raise EngineClosedError("the engine is closed: open another one with FaceEngine.open or FaceEngine.default")
        if self._interpreter is None:
            with captured_native_output():  # "Created TensorFlow Lite XNNPACK delegate for CPU."
                interpreter = self._build()
                interpreter.allocate_tensors()
            self._interpreter = interpreter
        return self._interpreter

    def output_scales(self) -> dict[str, tuple[float, int]]:
        """Scale and zero point of each output, by name."""
        return {name: (float(scale), int(zero)) for name, (scale, zero) in self._quantization().items()}

    def _quantization(self) -> dict[str, tuple[float, int]]:
        return {name: detail["quantization"] for name, detail in self._outputs.items()}


_LOADED: WeakSet[TfliteNetwork] = WeakSet()
_OF_PARENTS: list[Any] = []  # never freed: that would wait for threads that the child does not have


def _after_fork() -> None:
    for network in _LOADED:
        network.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def load_network(
    model: bytes, delegate: Delegate = "xnnpack", threads: int = 1, *, float_too: bool = False
) -> TfliteNetwork:
    """Load an int8 network on the first runtime that works.

    A runtime is tested by creating an interpreter, not only by importing it: tflite-runtime can be imported with NumPy 2 but
    then fails.

    Args:
        model: the .tflite's bytes.
        delegate: ``"xnnpack"`` (the runtime's optimized kernels), ``"reference"`` (the same bits on every machine) or
            ``"edgetpu"``.
        threads: number of threads of the CPU kernels.
        float_too: also accept a network with float32 input or outputs, for evaluation.

    Raises:
        RuntimeMissingError: no working runtime, or the delegate is not available; the message says what was tried.
        ModelError: the runtime cannot run the model.
    """
    failures = []
    for runtime in _installed():
        try:
            build = partial(_interpreter, runtime, model, delegate, threads)
            return TfliteNetwork(build, model, runtime, delegate, float_too=float_too)
        except EdgeSiameseError:
            raise
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{runtime.name} {runtime.version} cannot run the model: {error}") from error
        except Exception as error:  # a broken installation can raise any exception, even SystemError
            failures.append(f"{runtime.name} {runtime.version} fails ({error})")
            _LOG.info("%s", failures[-1])
    tried = "; ".join(failures) or "none is installed"
    raise RuntimeMissingError(
        f"no working TFLite runtime: {tried}; install one with: {install_command('ai-edge-litert>=2.1')}"
    )


@cache
def find_runtime() -> Runtime:
    """The runtime that `load_network` uses, tested with the shipped embedder; raises the errors of `load_network`."""
    from ..models import default_model
    from .model_card import read_model

    return load_network(read_model(default_model("embedder")).network).runtime


def _installed() -> Iterator[Runtime]:
    for module, distribution in _CANDIDATES:
        try:
            loaded = importlib.import_module(module)
        except ImportError:
            continue
        try:
            version = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            version = "of unknown version"
        yield Runtime(distribution, version, loaded)


def _interpreter(runtime: Runtime, model: bytes, delegate: Delegate, threads: int) -> Any:
    options: dict[str, Any] = {"model_content": model, "num_threads": threads}
    if delegate == "reference":
        resolver = getattr(runtime.module, "OpResolverType", None) or runtime.module.experimental.OpResolverType
        options["experimental_op_resolver_type"] = resolver.BUILTIN_REF
    elif delegate == "edgetpu":
        options["experimental_delegates"] = [_edge_tpu(runtime)]
    return runtime.module.Interpreter(**options)


def _edge_tpu(runtime: Runtime) -> Any:
    load = getattr(runtime.module, "load_delegate", None) or runtime.module.experimental.load_delegate
    try:
        ctypes.CDLL(EDGE_TPU_LIBRARY)  # if it is missing, load_delegate leaves a broken object
        return load(EDGE_TPU_LIBRARY)
    except (OSError, ValueError) as error:
        raise RuntimeMissingError(
            f"the Edge TPU delegate {EDGE_TPU_LIBRARY} cannot be loaded ({error}); install the Edge TPU runtime and plug "
            "the device in, or use --delegate xnnpack"
        ) from error
