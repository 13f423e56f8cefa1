"""Camera: rotation, weak-perspective projection and the rays of pixels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .views import View

Floats = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]

DISTANCE = 9.0
"""Distance of the camera from the head's origin, in head units (about 65 cm)."""


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Float64 ``(3, 3)`` rotation from head to camera axes; angles in degrees, signs as in :class:`View`."""
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw, pitch, roll])) for f in (np.cos, np.sin))
    turn = np.array([(cy, 0, sy), (0, 1, 0), (-sy, 0, cy)])
    nod = np.array([(1, 0, 0), (0, cp, -sp), (0, sp, cp)])
    tilt = np.array([(cr, -sr, 0), (sr, cr, 0), (0, 0, 1)])
    return np.asarray(tilt @ nod @ turn)


@dataclass(frozen=True)
class Camera:
    """A head's rotation and the similarity from the plane through its origin to pixels.

    Attributes:
        rotation: float64 ``(3, 3)`` from head to camera axes.
        matrix: float64 ``(2, 3)`` affine map from the plane (head units) to pixels.
    """

    rotation: Floats
    matrix: Floats

    @classmethod
    def of(cls, view: View, scale: float = 1.0, center: tuple[float, float] = (0.0, 0.0)) -> "Camera":
        """The camera that maps the head's origin to `center` with `scale` pixels per head unit."""
        matrix = np.array([(scale, 0, center[0]), (0, scale, center[1])], float)
        return cls(rotation(view.yaw, view.pitch, view.roll), matrix)

    @property
    def scale(self) -> float:
        """Pixels per head unit."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))

    def project(self, points: npt.ArrayLike) -> Floats:
        """Project points ``(N, 3)`` of the head to pixels ``(N, 2)``."""
        return self.project_still(np.asarray(points) @ self.rotation.T)

    def project_still(self, points: npt.ArrayLike) -> Floats:
        """Project points ``(N, 3)`` in camera axes, which do not turn with the head, to pixels ``(N, 2)``."""
        points = np.asarray(points, float)
        plane = points[:, :2] * (DISTANCE / (DISTANCE - points[:, 2:]))
        return np.asarray(plane @ self.matrix[:, :2].T + self.matrix[:, 2])

    def then(self, matrix: Floats) -> "Camera":
        """The camera followed by a ``(2, 3)`` affine map of its pixels."""
        whole = np.vstack([self.matrix, (0, 0, 1)])
        return Camera(self.rotation, matrix @ whole)

    def rays(self, x: int, y: int, width: int, height: int) -> tuple[Floats, list[Field]]:
        """Rays of a rectangle of pixels, in head axes.

        Returns:
            The origin ``(3,)`` and the three components of the direction, float32 ``(height, width)`` each.
        """
        inverse = np.linalg.inv(self.matrix[:, :2])
        back = self.rotation.T
        start = back[:, :2] @ inverse @ (np.array([x, y]) - self.matrix[:, 2]) - back[:, 2] * DISTANCE
        across, down = (back[:, :2] @ inverse).T
        columns, rows = np.arange(width), np.arange(height)[:, None]
        parts = [(start[i] + across[i] * columns + down[i] * rows).astype(np.float32) for i in range(3)]
        return back[:, 2] * DISTANCE, parts
