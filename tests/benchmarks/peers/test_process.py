import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.models import default_model
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese_benchmarks.peers.process import PeerError, PeerProcess, Timing
from edge_siamese_benchmarks.peers.registry import PEERS, find_files
from edge_siamese_benchmarks.peers.search_path import search_path

FakePython = Callable[[str], Path]
DATA = os.environ.get("EDGE_SIAMESE_DATA")


@pytest.fixture
def packages() -> Iterator[Path]:
    with search_path() as folder:
        yield folder


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.npy"
    np.save(path, render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(), size=(320, 240)).image)
    return path


def use(peer: PeerProcess, image: Path) -> None:
    """Detect and embed the first face of an image."""
    peer.show(image)
    peer.detect()
    peer.embed(0)


def test_our_pipeline_answers_like_the_engine(packages: Path, portrait: Path) -> None:
    from edge_siamese.engine import FaceEngine

    files = {"embedder": default_model("embedder-small"), "detector": default_model("detector-small")}
    image = np.load(portrait)
    with FaceEngine.open(files["embedder"], files["detector"]) as engine:
        (expected,) = engine.detect(image)
        embedding = engine.embed(image, expected)
    with PeerProcess("ours:Ours", files, packages) as peer:
        peer.show(portrait)
        (face,), timing = peer.detect(untimed=1)
        vector, _ = peer.embed(0)
        peak = peer.peak_memory()
        assert peer.about.zero_point == embedding.zero_point
    if Path("/proc/self/status").exists():
        assert peak is not None
        assert 20e6 < peak < 1e9
    np.testing.assert_allclose(face.box, expected.box, atol=1e-4)
    np.testing.assert_array_equal(vector, embedding.values)
    assert vector.dtype == np.int8
    assert timing.wall_ns > 0
    assert timing.cpu_ns > 0


@pytest.mark.skipif(not DATA, reason="EDGE_SIAMESE_DATA does not name a folder with the peers' models")
@pytest.mark.parametrize("name", ["yunet-mobilefacenet", "blazeface"])
def test_a_peer_finds_the_face_of_a_photo(name: str, packages: Path, tmp_path: Path) -> None:
    from edge_siamese.detection import intersection_over_union
    from edge_siamese.engine import FaceEngine
    from edge_siamese.identity_dataset import IdentityDataset

    peer = PEERS[name]
    with IdentityDataset(Path(str(DATA), "celeba_dev.zip")) as dataset, FaceEngine.default() as engine:
        image = dataset.read(dataset.photos[0])
        expected = engine.detect(image)[0]
    np.save(tmp_path / "photo.npy", image)
    with PeerProcess(peer.adapter, find_files(peer, None, Path(str(DATA), "peers")), packages) as process:
        process.show(tmp_path / "photo.npy")
        faces, _ = process.detect()
        assert intersection_over_union(expected.box, np.array([face.box for face in faces])).max() > 0.4
        if process.about.embeds:
            vector, _ = process.embed(0)
            assert vector.shape == (128,)


def test_durations_and_faces_come_from_the_answers(packages: Path, portrait: Path, fake_python: FakePython) -> None:
    with PeerProcess("x:Y", {}, packages, python=fake_python("detect_ns=7000,embed_ns=9000,faces=2")) as peer:
        peer.show(portrait)
        faces, timing = peer.detect()
        assert [face.box.tolist() for face in faces] == [[0, 0, 30, 30]] * 2
        assert timing == Timing(7000, 3500)
        assert peer.embed(1)[1] == Timing(9000, 4500)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("crash", r"embedding: its process stopped by SIGABRT \(double free or corruption\)"),
        ("hang", r"embedding: no answer within 2 s"),
        ("garbage", r"embedding: expected a JSON object, found b'Segmentation faults"),
        ("nan", r"embedding: expected finite numbers, found 4 of 4 that are not"),
        ("zeros", r"embedding: expected a direction, found zeros only"),
        ("box", r"detection: expected boxes of finite numbers .*, found \[0, 0, 'wide', 10, 1\]"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    fault: str, sentence: str, packages: Path, portrait: Path, fake_python: FakePython
) -> None:
    python = fake_python(f"fault={fault}")
    peer = PeerProcess("x:Y", {}, packages, python=python, seconds=2, start_seconds=60)
    with peer, pytest.raises(PeerError, match=sentence):
        use(peer, portrait)


def test_embeddings_of_one_peer_have_one_length(packages: Path, portrait: Path, fake_python: FakePython) -> None:
    with PeerProcess("x:Y", {}, packages, python=fake_python("fault=length")) as peer:
        peer.show(portrait)
        peer.detect()
        peer.embed(0)
        peer.detect()
        with pytest.raises(PeerError, match="expected 5 values as before, found 6"):
            peer.embed(0)


def test_a_process_that_does_not_start_says_why(packages: Path, fake_python: FakePython, tmp_path: Path) -> None:
    with pytest.raises(PeerError, match=r"the start: its process ended with exit status 3 \(no such device\)"):
        PeerProcess("x:Y", {}, packages, python=fake_python("fault=start"))
    with pytest.raises(PeerError, match="its environment has no package mediapipe"):
        PeerProcess("media_pipe:MediaPipe", {"detector": tmp_path}, packages)


def test_another_projects_file_is_named_with_what_was_expected(packages: Path) -> None:
    model = default_model("embedder-small")
    with pytest.raises(PeerError, match=r"expected a BlazeFace network with outputs .*, found \(\(1, 256\),\)"):
        PeerProcess("blazeface:BlazeFace", {"detector": model}, packages)


def test_a_closed_peer_is_ended_with_what_it_started(packages: Path, fake_python: FakePython) -> None:
    peer = PeerProcess("x:Y", {}, packages, python=fake_python("faces=1"))
    identifier = peer._process.pid
    peer.close()
    peer.close()
    with pytest.raises(ProcessLookupError):
        os.kill(identifier, 0)
