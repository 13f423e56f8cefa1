"""``edge-siamese embed``: writes boxes, landmarks and embeddings to an .npz file."""

from pathlib import Path
from typing import Any

import click

from .shared.galleries import plural
from .shared.options import engine_options, json_option
from .shared.output import emit_json
from .shared.progress import progress_line
from .shared.unused import report_unreadable, skipped_files_json, unreadable_json


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .npz to write.")
@json_option
@engine_options
def embed(source: Path, output: Path, as_json: bool, **engine_settings: Any) -> None:
    """Write boxes, landmarks and embeddings of every face in SOURCE (an image, folder, zip or tar) to an .npz file.

    Arrays: paths, face_index, boxes (N, 4), landmarks (N, 5, 2), scores (N,), quality (N,) from 0 to 100,
    embeddings int8 (N, D), zero_point, embedder_digest. Read them with numpy.load(..., allow_pickle=False).
    """
    from ..cameras import open_source
    from ..cameras.base import FramesUnreadable
    from ..engine import FaceEngine
    from ..errors import DataError
    from ..evaluation.faces_file import FacesFile
    from ..frames import Frame
    from ..recognition import embedded_faces

    if output.is_dir() or not output.resolve().parent.is_dir():
        raise click.BadParameter(f"expected a file in a folder that exists, found {output}", param_hint="--output")
    faces, images, unreadable = FacesFile(), 0, dict[str, str]()
    with open_source(str(source)) as frames, FaceEngine.open(**engine_settings) as engine:
        with progress_line("embedding") as progress:
            for item in frames.watch():
                if isinstance(item, FramesUnreadable):
                    unreadable[item.source] = item.why
                elif isinstance(item, Frame):
                    images += 1
                    found = embedded_faces(engine, item.pixels)
                    faces.add(item.source, [one.as_face() for one in found], [one.quality for one in found])
                    progress(images, images)
        report_unreadable(unreadable, "left out")
        if not images:
            raise DataError(f"{source}: none of its images can be read")
        faces.save(output, engine.embedder_card)
        skipped, digests, delegate = getattr(frames, "skipped", []), engine.digests, engine.delegate
    if as_json:
        body = {"output": str(output), "images": images, "faces": len(faces), "delegate": delegate}
        body |= {"unreadable": unreadable_json(unreadable), "skipped": skipped_files_json(skipped)}
        emit_json("embed", body, models=digests)
    else:
        left_out = f", {plural(len(unreadable), 'image')} cannot be read" if unreadable else ""
        click.echo(f"{output}: {plural(len(faces), 'face')} on {plural(images, 'image')}{left_out}", err=True)
