"""``edge-siamese data``: prepare images, split them, write pairs for other tools and preview augmentation."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

from .data_annotate import annotate
from .data_options import PATH, load, parse_options, source_options
from .data_teacher import teacher_folder

if TYPE_CHECKING:
    from ..data.labeled import LabeledImages
    from ..data.splits import Split

_SIDES = ("training", "validation", "test")
_settings = click.option(
    "--set",
    "options",
    metavar="KEY=VALUE",
    multiple=True,
    callback=parse_options,
    help="An option of the sampler or augmentation; repeatable.",
)


@click.group()
def data() -> None:
    """Prepare, split, pair and preview training images.

    DATA is a folder, zip or tar, or the .npz of 'data prepare'. Without DATA, --kind lfw and --kind olivetti are
    downloaded.
    """


data.add_command(teacher_folder)
data.add_command(annotate)


@data.command()
@source_options
@click.option("-o", "--output", type=PATH, required=True, help="The .npz to write.")
@json_option
def prepare(output: Path, as_json: bool, **source: Any) -> None:
    """Read DATA, crop, resize and select its images, and write them to one .npz file."""
    from ..data.prepared import save_prepared

    if output.suffix != ".npz":
        raise click.BadParameter(f"expected a name that ends with .npz, found {output}", param_hint="--output")
    images = load(**source)
    save_prepared(output, images)
    if as_json:
        emit_json("data-prepare", {"output": str(output), **_described(images), "skipped": images.skipped})
        return
    click.echo(f"{output}: {_counted(images)}, {len(images.skipped)} skipped")


@data.command()
@source_options
@click.option(
    "-o", "--output", type=PATH, required=True, help="The manifest to write; with --folds NAME-1.json, NAME-2.json..."
)
@click.option(
    "--test", type=FiniteRange(0, 1, max_open=True), default=0.3, show_default=True, help="Share of the test classes."
)
@click.option(
    "--validation",
    type=FiniteRange(0, 1, max_open=True),
    default=0.15,
    show_default=True,
    help="Share of the validation classes.",
)
@click.option("--test-class", "test_classes", multiple=True, help="Test on this class or group instead; repeatable.")
@click.option("--test-folds", help="Test on the people of these folds of pairs.txt instead, such as 4,5.")
@click.option(
    "--folds", type=click.IntRange(2), help="Number of splits for cross-validation, each with other test classes."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the choice of classes.")
@json_option
def split(
    output: Path,
    test: float,
    validation: float,
    test_classes: tuple[str, ...],
    test_folds: str | None,
    folds: int | None,
    seed: int,
    as_json: bool,
    **source: Any,
) -> None:
    """Split DATA into training, validation and test classes and write the manifest.

    No class, and no group of classes, is on two sides. The split depends on the names only.
    """
    from ..data.splits import split_classes, split_folds, split_rest

    if sum(map(bool, (test_classes, test_folds, folds))) > 1:
        raise click.UsageError("--test-class, --test-folds and --folds exclude each other")
    expected = _folds(test_folds)
    images = load(**source)
    if folds:
        splits = list(split_folds(images, folds, validation=validation, seed=seed))
    elif test_classes or expected:
        held = test_classes or _people_of_folds(images, expected, source)
        splits = [split_rest(images, held, validation=validation, seed=seed)]
    else:
        splits = [split_classes(images, test=test, validation=validation, seed=seed)]
    outputs = [output.with_stem(f"{output.stem}-{fold}") for fold in range(1, len(splits) + 1)] if folds else [output]
    for path, each in zip(outputs, splits, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        each.write(path)
    if as_json:
        written = [_described_split(path, each) for path, each in zip(outputs, splits, strict=True)]
        emit_json("data-split", {"splits": written, "skipped": images.skipped})
        return
    rows = [(str(path), *map(_counted, each.sides().values())) for path, each in zip(outputs, splits, strict=True)]
    click.echo(table(rows, header=("manifest", *_SIDES), align="<"))


@data.command()
@source_options
@click.option("-o", "--output", type=PATH, required=True, help="The .csv, .npz or .tfrecord to write.")
@click.option("--sampler", default="all-genuine", show_default=True, help="Which pairs.")
@_settings
@click.option("--split", "manifest", type=PATH, help="Use only one side of this manifest.")
@click.option("--side", type=click.Choice(_SIDES), default="training", show_default=True, help="With --split.")
@click.option("--epoch", type=click.IntRange(0), default=0, show_default=True, help="Each epoch has other pairs.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@json_option
def pairs(
    output: Path,
    sampler: str,
    options: dict[str, Any],
    manifest: Path | None,
    side: str,
    epoch: int,
    seed: int,
    as_json: bool,
    **source: Any,
) -> None:
    """Write the pairs of one epoch of a sampler: a list of paths, or a TFRecord with the images."""
    from edge_siamese.errors import DataError

    from ..data.manifests import read_manifest
    from ..data.pair_lists import write_pairs
    from ..data.tfrecords import write_image_pairs
    from ..registry import lookup
    from ..training.samplers import SAMPLERS, create_sampler

    if output.suffix not in {".csv", ".npz", ".tfrecord"}:
        raise click.BadParameter(f"expected a .csv, .npz or .tfrecord, found {output}", param_hint="--output")
    if lookup("sampler", sampler, SAMPLERS).kind != "pairs":
        raise DataError(f"sampler {sampler} draws batches, not pairs")
    images = load(**source)
    if manifest:
        images = read_manifest(manifest).apply(images).sides()[side]
    made = create_sampler(
        sampler, images.labels(), seed=seed, digests=images.content_digests, **options
    ).epoch(epoch)  # fmt: skip
    if output.suffix == ".tfrecord":
        write_image_pairs(output, images, made.index, made.is_genuine)
    else:
        write_pairs(output, images, made)
    genuine = int(made.is_genuine.sum())
    if as_json:
        counts = {"pairs": len(made.is_genuine), "genuine": genuine, "impostor": len(made.is_genuine) - genuine}
        emit_json("data-pairs", {"output": str(output), "sampler": sampler, **counts, **_described(images)})
        return
    click.echo(
        f"{output}: {genuine:,} genuine and {len(made.is_genuine) - genuine:,} impostor pairs of {_counted(images)}"
    )


@data.command()
@source_options
@click.option("-o", "--output", type=PATH, required=True, help="The .png to write.")
@click.option(
    "--augmentation", default="image", show_default=True, help="'image' for any images, 'camera' for face crops."
)
@_settings
@click.option("--images", "count", type=click.IntRange(1, 100), default=6, show_default=True, help="Number of images.")
@click.option(
    "--copies", type=click.IntRange(1, 100), default=8, show_default=True, help="Augmented copies of each image."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@json_option
def preview(
    output: Path,
    augmentation: str,
    options: dict[str, Any],
    count: int,
    copies: int,
    seed: int,
    as_json: bool,
    **source: Any,
) -> None:
    """Draw images of DATA with augmented copies: the original on the left, the copies beside it."""
    import numpy as np

    from ..augmentation.image import create_augmentation
    from ..data.preview import preview_grid, write_grid

    change = create_augmentation(augmentation, **options)
    images = load(**source)
    rows = np.sort(np.random.default_rng(seed).permutation(len(images))[:count])
    write_grid(output, preview_grid(images.images[rows], change, copies=copies, seed=seed))
    if as_json:
        shown = [images.paths[row] for row in rows]
        emit_json("data-preview", {"output": str(output), "augmentation": augmentation, "images": shown})
        return
    click.echo(f"{output}: {len(rows)} images, {copies} copies each")


def _folds(text: str | None) -> list[int]:
    try:
        return [int(part) for part in text.split(",")] if text else []
    except ValueError as error:
        raise click.BadParameter(f"expected numbers such as 4,5, found {text}", param_hint="--test-folds") from error


def _people_of_folds(images: "LabeledImages", folds: list[int], source: dict[str, Any]) -> list[str]:
    """Return the people in some folds of the ``pairs.txt`` of the source who have images."""
    from edge_siamese.evaluation.pairs_file import parse_pairs_file

    from ..data.sources import pairs_text

    listed = parse_pairs_file(pairs_text(source["kind"] or "folders", source["data"])).of_folds(folds)
    return sorted(listed.people & set(images.names))


def _counted(images: "LabeledImages") -> str:
    return f"{len(images):,} images of {len(images.classes):,} classes"


def _described(images: "LabeledImages") -> dict[str, Any]:
    return {
        "images": len(images),
        "classes": len(images.classes),
        "groups": len(set(images.groups)) if images.groups else None,
        "shape": list(images.images.shape[1:]),
        "sha256": images.digest,
    }


def _described_split(path: Path, split: "Split") -> dict[str, Any]:
    return {"output": str(path), **{name: _described(side) for name, side in split.sides().items()}}
