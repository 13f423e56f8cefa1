"""MediaPipe's face detector task, on the CPU in image mode."""

from pathlib import Path
from typing import Any

import numpy as np

from ..adapter import About, DetectorOnly, Files, FoundFace, Pixels, version_of


class MediaPipe(DetectorOnly):
    """The task with a BlazeFace file.

    Args:
        files: ``detector``, a .tflite; the input's normalization is added to one without metadata, as the task needs it.
    """

    def __init__(self, files: Files) -> None:
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision

        self._mediapipe = mediapipe
        base = BaseOptions(model_asset_buffer=_with_metadata(files["detector"]))
        self._detector = vision.FaceDetector.create_from_options(vision.FaceDetectorOptions(base_options=base))

    def about(self) -> About:
        return About(version_of("mediapipe"), embeds=False)

    def detect(self, image: Pixels) -> list[FoundFace]:
        wrapped = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=image)
        faces = []
        for detection in self._detector.detect(wrapped).detections:
            box = detection.bounding_box
            sides = float(box.origin_x), float(box.origin_y), float(box.width), float(box.height)
            faces.append(FoundFace(sides, float(detection.categories[0].score)))
        return faces


def _with_metadata(path: Path) -> bytes:
    data = path.read_bytes()
    if b"TFLITE_METADATA" in data:
        return data
    import flatbuffers
    from mediapipe.tasks.metadata import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(_metadata(), np.uint8)
    entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _metadata() -> bytes:
    """Metadata of an RGB image input, normalized to -1 to 1."""
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema

    normalization, unit, properties = schema.NormalizationOptionsT(), schema.ProcessUnitT(), schema.ImagePropertiesT()
    normalization.mean, normalization.std = [127.5], [127.5]
    unit.optionsType, unit.options = schema.ProcessUnitOptions.NormalizationOptions, normalization
    properties.colorSpace = schema.ColorSpaceType.RGB
    content: Any = schema.ContentT()
    content.contentPropertiesType, content.contentProperties = schema.ContentProperties.ImageProperties, properties
    tensor, graph, model = schema.TensorMetadataT(), schema.SubGraphMetadataT(), schema.ModelMetadataT()
    tensor.name, tensor.processUnits, tensor.content = b"image", [unit], content
    graph.inputTensorMetadata, model.subgraphMetadata = [tensor], [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"M001")
    return bytes(builder.Output())
