"""The real Picamera2 on libcamera's virtual camera, in a Debian 13 root.

``EDGE_SIAMESE_PICAMERA_ROOT`` names the root; as root, on Debian::

    debootstrap --include=python3-libcamera,libcamera-ipa,python3-venv,python3-dev,python3-opencv,gcc,libcap-dev trixie ROOT
    chroot ROOT python3 -m venv --system-site-packages /venv
    chroot ROOT /venv/bin/pip install picamera2

Then ``pytest -m picamera`` runs it. Without the variable it is skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

import edge_siamese

ROOT = os.environ.get("EDGE_SIAMESE_PICAMERA_ROOT", "")
ORANGE = (240, 130, 20)
CAMERA = """
"Virtual0":
  supported_formats:
  - width: 640
    height: 480
    frame_rates: [30, 60]
  frames:
    path: "/edge-siamese/frame.jpg"
  location: "CameraLocationFront"
  model: "virtual"
"""

pytestmark = [
    pytest.mark.picamera,
    pytest.mark.skipif(not ROOT, reason="EDGE_SIAMESE_PICAMERA_ROOT names no Debian root"),
]


def test_frames_of_the_virtual_camera_are_rgb() -> None:
    root, here = Path(ROOT), Path(__file__).parent
    work = root / "edge-siamese"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(Path(edge_siamese.__path__[0]), work / "edge_siamese", ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("picamera_guest.py", "dma_heap.c"):
        shutil.copy(here / name, work)
    image = np.full((480, 640, 3), ORANGE, np.uint8)
    cv2.imwrite(str(work / "frame.jpg"), image[..., ::-1])
    configuration = root / "usr/share/libcamera/pipeline/virtual/virtual.yaml"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(CAMERA)
    build = "gcc -shared -fPIC -o /edge-siamese/dma_heap.so /edge-siamese/dma_heap.c -ldl"
    subprocess.run(["chroot", ROOT, "sh", "-c", build], check=True, timeout=60)
    run = "cd /edge-siamese && LD_PRELOAD=/edge-siamese/dma_heap.so /venv/bin/python picamera_guest.py"
    done = subprocess.run(["chroot", ROOT, "sh", "-c", run], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["shape"] == [480, 640, 3]
    assert report["increasing"]
    np.testing.assert_allclose(report["mean"], ORANGE, atol=6)
