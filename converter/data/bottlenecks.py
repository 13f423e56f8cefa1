"""Outputs of a frozen network, computed once for every image.

The cache is an ``.npz`` keyed by what was computed from what: the network's digest and the content of each image. An
interrupted computation goes on, images that are added cost only themselves, and another network starts anew.
"""

import hashlib
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ..checkpoints import save_arrays
from .labeled import LabeledImages

Indices = npt.NDArray[np.float32]
Embed = Callable[[npt.NDArray[np.uint8]], Indices]

_SAVE_EVERY_SECONDS = 60.0
_NAMES = {"name", "keras_history", "inbound_nodes", "input_layers", "output_layers"}


def cached_bottlenecks(
    images: LabeledImages,
    embed: Embed,
    cache: Path,
    *,
    network_digest: str,
    batch_size: int = 64,
    progress: Callable[[int, int], None] | None = None,
) -> Indices:
    """The network's output for every image, float32 ``(N, D)``.

    Args:
        images: equal ones are computed once.
        embed: from uint8 ``(B, H, W, C)`` to float32 ``(B, D)``, normalization included.
        cache: ``.npz``, read where it is there and written while computing.
        network_digest: changes whenever `embed` would give something else; see `digest_of`.
        batch_size: images at once.
        progress: told how many images are done and how many were to do.

    Raises:
        DataError: `cache` is a file of another kind, or the network gave values that are not finite.
    """
    digests = images.content_digests
    known = _load(cache, network_digest)
    missing = list({digest: row for row, digest in enumerate(digests) if digest not in known}.values())
    saved_at = time.monotonic()
    try:
        for start in range(0, len(missing), batch_size):
            indices = missing[start : start + batch_size]
            known |= zip((digests[row] for row in indices), _computed(embed, images.images[indices]), strict=True)
            if time.monotonic() - saved_at > _SAVE_EVERY_SECONDS:
                _save(cache, network_digest, known)
                saved_at = time.monotonic()
            if progress:
                progress(start + len(indices), len(missing))
    finally:
        if missing and known:
            _save(cache, network_digest, known)
    return np.stack([known[digest] for digest in digests])


def digest_of(network: Any, before: Any = None) -> str:
    """SHA-256 of a Keras network's architecture and weights, hex; the names of its layers do not count.

    Args:
        network: Keras network.
        before: what is done to the images before they reach it, of JSON's types: `Normalization.to_json`.
    """
    described = [_nameless(json.loads(network.to_json())), before]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for weights in network.get_weights():
        digest.update(f"{weights.dtype}{weights.shape}".encode())
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key not in _NAMES}
    return [_nameless(value) for value in config] if isinstance(config, list) else config


def _computed(embed: Embed, images: npt.NDArray[np.uint8]) -> Indices:
    indices = np.asarray(embed(images), np.float32)
    if not np.isfinite(indices).all():
        raise DataError("the frozen network gives values that are not finite")
    return indices


def _load(cache: Path, network_digest: str) -> dict[str, Indices]:
    if not cache.exists():
        return {}
    try:
        with cache.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            if str(archive["network"]) != network_digest:
                return {}
            return dict(zip(archive["images"].tolist(), archive["bottlenecks"], strict=True))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{cache}: expected a cache of bottlenecks, cannot read it ({error}); delete it") from error


def _save(cache: Path, network_digest: str, known: dict[str, Indices]) -> None:
    indices = np.stack(list(known.values()))
    save_arrays(
        cache, {"network": np.array(network_digest), "images": np.array(list(known)), "bottlenecks": indices}
    )  # fmt: skip
