"""The engine: what it finds and embeds, what it takes, and who may share it."""

import multiprocessing
import os
import pickle
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Reason
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import (
    DataError,
    EdgeSiameseError,
    EngineClosedError,
    ImageError,
    NoFaceError,
    RuntimeMissingError,
)
from edge_siamese.faces import Embedding
from edge_siamese.gallery import Gallery
from edge_siamese.matching import Q15, score_q15
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import DEMO_SEEDS, GOLDEN_SEEDS, Person, View, render_portrait

THREADS, REQUESTS = 4, 200
WALL = np.full((240, 320, 3), 128, np.uint8)


def portrait(seed: int, yaw: float = 0.0) -> Any:
    return render_portrait(Person.from_seed(seed), View(yaw=yaw), background_seed=seed).image


def embedded(engine: FaceEngine, image: Any) -> Embedding:
    embedding = engine.analyze(image)[0].embedding
    assert embedding
    return embedding


class TestAnalyze:
    def test_a_rendered_face_is_found_where_it_is(self, engine: FaceEngine) -> None:
        rendering = render_portrait(Person.from_seed(GOLDEN_SEEDS[0]), View())
        face = engine.detect(rendering.image)[0]
        assert np.abs(face.landmarks - rendering.landmarks[0]).max() < 0.15 * rendering.boxes[0, 2]
        assert np.abs(face.box - rendering.boxes[0]).max() < 0.35 * rendering.boxes[0, 2]

    def test_one_person_scores_above_two(self, engine: FaceEngine) -> None:
        first = embedded(engine, portrait(GOLDEN_SEEDS[1]))
        again = embedded(engine, portrait(GOLDEN_SEEDS[1], 15.0))
        other = embedded(engine, portrait(GOLDEN_SEEDS[2]))
        assert score_q15(first, again) > score_q15(first, other) + 0.1 * Q15

    def test_an_image_without_a_face_has_none(self, engine: FaceEngine) -> None:
        assert engine.analyze(WALL) == []

    @pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (31, 17, 3), (3000, 1, 3)])
    def test_any_shape_of_image_is_taken(self, engine: FaceEngine, shape: tuple[int, int, int]) -> None:
        assert isinstance(engine.analyze(np.zeros(shape, np.uint8)), list)

    def test_the_steps_give_what_analyze_gives(self, engine: FaceEngine) -> None:
        image = portrait(GOLDEN_SEEDS[0])
        (face,), (found,) = engine.detect(image), engine.analyze(image)
        crop = engine.align(image, face)
        assert crop.shape == (112, 112, 3)
        for embedding in (engine.embed_crop(crop), engine.embed(image, face), engine.embed_batch([crop])[0]):
            assert found.embedding is not None
            assert np.array_equal(embedding.values, found.embedding.values)

    def test_an_embedding_carries_the_operating_points_of_its_model(self, engine: FaceEngine) -> None:
        points = embedded(engine, portrait(GOLDEN_SEEDS[0])).operating_points
        assert points == engine.embedder_card.operating_points != ()

    def test_a_turned_photo_is_analyzed_the_right_way_up(self, engine: FaceEngine) -> None:
        upright = portrait(GOLDEN_SEEDS[0])
        (turned,) = engine.analyze(np.rot90(upright))
        assert turned.turn == 270
        assert turned.embedding is not None
        assert score_q15(turned.embedding, embedded(engine, upright)) > 0.9 * Q15

    def test_a_face_too_small_says_so_and_is_not_identified(self, engine: FaceEngine) -> None:
        small = np.ascontiguousarray(portrait(GOLDEN_SEEDS[0])[::8, ::8])
        (face,) = engine.analyze(small)
        assert face.rejection is Reason.TOO_SMALL
        decision = Gallery.empty(engine.embedder_card).identify(face)
        assert (str(decision.outcome), decision.reason) == ("undecided", Reason.TOO_SMALL)

    def test_batches_give_what_single_calls_give_and_report_progress(self, engine: FaceEngine) -> None:
        images, told = [portrait(seed) for seed in GOLDEN_SEEDS[:2]] + [WALL], []
        batch = engine.analyze_batch(images, lambda *progress: told.append(progress))
        assert [len(faces) for faces in batch] == [1, 1, 0]
        assert told == [(1, 3), (2, 3), (3, 3)]
        expected = embedded(engine, images[1])
        assert batch[1][0].embedding is not None
        assert np.array_equal(batch[1][0].embedding.values, expected.values)

    def test_a_batch_may_come_from_an_iterator(self, engine: FaceEngine) -> None:
        told: list[tuple[int, int | None]] = []
        crops = (np.zeros((112, 112, 3), np.uint8) for _ in range(2))
        assert len(engine.embed_batch(crops, lambda *progress: told.append(progress))) == 2
        assert told == [(1, None), (2, None)]

    def test_reference_kernels_agree_with_the_optimized_ones(self, engine: FaceEngine) -> None:
        image = portrait(GOLDEN_SEEDS[3])
        with FaceEngine.default(delegate="reference") as reference:
            score = score_q15(embedded(engine, image), embedded(reference, image))
        assert score > 0.97 * Q15

    def test_an_edge_tpu_that_is_not_there_is_one_sentence(self) -> None:
        with pytest.raises(RuntimeMissingError, match=r"libedgetpu\.so\.1 cannot be loaded"):
            FaceEngine.default(delegate="edgetpu")


class TestArrays:
    """Arrays of the usual wrong kinds: gray and RGBA are converted, all others refused in one sentence."""

    @pytest.mark.parametrize("kind", ["gray", "RGBA", "read-only"])
    def test_other_layouts_of_the_same_photo_find_its_face(self, engine: FaceEngine, kind: str) -> None:
        image = portrait(GOLDEN_SEEDS[0])
        passed = {"gray": image[..., 1], "RGBA": np.dstack([image, image[..., :1]]), "read-only": image.copy()}[kind]
        passed.setflags(write=False)
        (face,) = engine.analyze(passed)
        assert face.embedding is not None
        assert score_q15(face.embedding, embedded(engine, image)) > 0.8 * Q15

    @pytest.mark.parametrize("image", [WALL / 255.0, WALL.astype(np.uint16), WALL[:0], None, "photo.jpg"])
    def test_what_is_no_image_is_refused_by_every_method(self, engine: FaceEngine, image: Any) -> None:
        face = engine.detect(portrait(GOLDEN_SEEDS[0]))[0]
        for call in (
            lambda: engine.detect(image),
            lambda: engine.align(image, face),
            lambda: engine.embed(image, face),
            lambda: engine.embed_crop(image),
            lambda: engine.analyze(image),
            lambda: engine.analyze_batch([image]),
            lambda: engine.compare(image, WALL),
        ):
            with pytest.raises(ImageError, match=r"expected a uint8 array \(H, W, 3\) of RGB pixels .*, found "):
                call()


class TestCompare:
    def test_two_photos_of_one_person_match_and_of_two_do_not(self, engine: FaceEngine) -> None:
        anna, again, ben = portrait(DEMO_SEEDS[0]), portrait(DEMO_SEEDS[0], 10.0), portrait(DEMO_SEEDS[1])
        same, other = engine.compare(anna, again), engine.compare(anna, ben)
        assert (same.is_match, same.reason, other.is_match, other.reason) == (
            True, Reason.OK, False, Reason.BELOW_THRESHOLD
        )  # fmt: skip
        assert -1 <= other.score < same.operating_point.threshold <= same.score <= 1
        assert same.operating_point in engine.embedder_card.operating_points
        assert str(same).startswith("same person: score 0.")

    def test_the_target_fmr_chooses_the_operating_point(self, engine: FaceEngine) -> None:
        image = portrait(DEMO_SEEDS[0])
        strict = engine.compare(image, image, target_fmr=1e-4)
        assert strict.operating_point is not None
        assert strict.operating_point.target_fmr == 1e-4
        assert strict.threshold > engine.compare(image, image, target_fmr=1e-2).threshold

    def test_an_operating_point_or_a_bare_threshold_may_be_passed(self, engine: FaceEngine) -> None:
        anna, ben = portrait(DEMO_SEEDS[0]), portrait(DEMO_SEEDS[1])
        point = OperatingPoint(1e-3, -Q15, 9e-4, 10_000, 50, 0.1, "5a" * 32)
        assert engine.compare(anna, ben, operating_point=point).is_match
        bare = engine.compare(anna, ben, threshold=-1.0)
        assert (bare.is_match, bare.operating_point, bare.threshold) == (True, None, -1.0)

    @pytest.mark.parametrize(
        ("passed", "sentence"),
        [
            ({"threshold": 12_000}, "threshold: expected a score from -1 to 1, found 12000"),
            ({"threshold": float("nan")}, "threshold: expected a score from -1 to 1, found nan"),
            ({"threshold": True}, "threshold: expected a score from -1 to 1, found True"),
            ({"operating_point": 0.4}, "operating_point: expected an OperatingPoint, found 0.4"),
            ({"operating_point": OperatingPoint(1e-3, 0, 1e-3, 1, 1, 0, ""), "threshold": 0.1}, "found both"),
        ],
    )
    def test_any_other_threshold_is_refused(self, engine: FaceEngine, passed: dict[str, Any], sentence: str) -> None:
        with pytest.raises(DataError, match=sentence):
            engine.compare(WALL, WALL, **passed)

    def test_a_photo_without_a_face_is_named(self, engine: FaceEngine) -> None:
        with pytest.raises(NoFaceError, match="the second image: no face found"):
            engine.compare(portrait(DEMO_SEEDS[0]), WALL)


class TestSharing:
    def test_threads_that_share_an_engine_get_what_one_thread_gets(self, engine: FaceEngine) -> None:
        images = [portrait(seed) for seed in DEMO_SEEDS[:5]]
        expected = [embedded(engine, image).values.tobytes() for image in images]

        def request(number: int) -> str:
            (face,) = engine.analyze(images[number % len(images)])
            assert face.embedding is not None
            right = face.embedding.values.tobytes() == expected[number % len(images)]
            return "the same" if right else "another embedding"

        with ThreadPoolExecutor(THREADS) as pool:
            answers = Counter(pool.map(request, range(THREADS * REQUESTS)))
        assert answers == {"the same": THREADS * REQUESTS}

    @pytest.mark.parametrize("threads", [1, 2])
    def test_a_child_process_goes_on_with_the_engine(self, threads: int) -> None:
        image = portrait(DEMO_SEEDS[0])
        with FaceEngine.default(threads=threads) as engine:
            expected = embedded(engine, image).values
            with ThreadPoolExecutor(2) as pool:
                running = [pool.submit(engine.analyze, image) for _ in range(6)]  # the lock may be held at the fork
                child = os.fork()
                if child == 0:
                    os._exit(0 if np.array_equal(embedded(engine, image).values, expected) else 3)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
                assert all(len(future.result()) == 1 for future in running)
            assert np.array_equal(embedded(engine, image).values, expected)

    def test_a_pool_of_forked_workers_shares_an_engine(self, engine: FaceEngine) -> None:
        images = [portrait(seed) for seed in DEMO_SEEDS[:2]]
        global _shared  # noqa: PLW0603 (forked workers inherit it)
        _shared = engine
        with multiprocessing.get_context("fork").Pool(2) as pool:
            found = pool.map(_embed_in_worker, islice(cycle(images), 6))
        expected = [embedded(engine, image).values.tobytes() for image in images]
        assert found == list(islice(cycle(expected), 6))


_shared: FaceEngine


def _embed_in_worker(image: Any) -> bytes:
    return embedded(_shared, image).values.tobytes()


class TestClosing:
    def test_a_closed_engine_says_so_in_one_sentence(self) -> None:
        image = portrait(DEMO_SEEDS[0])
        with FaceEngine.default() as engine:
            (face,) = engine.detect(image)
        engine.close()
        for call in (
            lambda: engine.detect(image),
            lambda: engine.embed(image, face),
            lambda: engine.analyze(image),
            lambda: engine.compare(image, image),
        ):
            with pytest.raises(
                EngineClosedError, match=r"^the engine is closed: open another one with FaceEngine\.open"
            ):
                call()
        assert issubclass(EngineClosedError, RuntimeError)
        assert issubclass(EngineClosedError, EdgeSiameseError)

    def test_what_does_not_need_the_networks_still_answers(self) -> None:
        engine = FaceEngine.default()
        engine.close()
        assert engine.digests["embedder"] == engine.embedder_card.digest
        assert engine.runtime

    def test_closing_waits_for_running_requests(self) -> None:
        engine, image = FaceEngine.default(), portrait(DEMO_SEEDS[0])
        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(engine.analyze, image) for _ in range(20)]
            engine.close()
            endings = Counter(type(future.exception()) for future in running)
        assert set(endings) <= {type(None), EngineClosedError}


def test_errors_can_be_sent_between_processes() -> None:
    error = pickle.loads(pickle.dumps(ImageError("a.jpg: bad", path="a.jpg", expected="a JPEG", found="text")))
    assert (str(error), error.path, error.expected, error.found) == ("a.jpg: bad", "a.jpg", "a JPEG", "text")
