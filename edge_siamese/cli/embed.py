"""``edge-siamese embed``: boxes, landmarks and embeddings for people's own analysis."""

from pathlib import Path
from typing import Any

import click

from .shared.options import engine_options
from .shared.progress import progress_line


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .npz to write.")
@engine_options
def embed(source: Path, output: Path, **engine_settings: Any) -> None:
    """Write boxes, landmarks and embeddings of every face of SOURCE (an image, folder or zip) to an .npz.

    Arrays: paths, face_index, boxes (N, 4), landmarks (N, 5, 2), scores (N,), quality (N,) from 0 to 100,
    embeddings int8 (N, D), zero_point, embedder_digest. Read them with numpy.load(..., allow_pickle=False).
    """
    from ..cameras import open_source
    from ..engine import FaceEngine
    from ..evaluation.faces_file import FacesFile

    faces = FacesFile()
    with FaceEngine.open(**engine_settings) as engine, open_source(str(source)) as frames:
        with progress_line("embedding") as progress:
            for done, frame in enumerate(frames, start=1):
                faces.add(frame.source, frame.pixels, engine.analyze(frame.pixels))
                progress(done, done)
        faces.save(output, engine.embedder_card)
    click.echo(f"{output}: {len(faces)} faces", err=True)
