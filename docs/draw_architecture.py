"""Draw docs/architecture.svg from the imports: python docs/draw_architecture.py [--check]

Packages of the device and of the three workstation folders are boxes, each above what it imports. An arrow is an
import; those that follow from others (a imports b, b imports c, a imports c) are left out. ``--check`` writes nothing and exits 1 where the file is not what would be drawn.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "architecture.svg"
FOLDERS = {
    "edge_siamese": "edge_siamese",
    "edge_siamese_converter": "converter",
    "edge_siamese_firmware": "firmware_tools",
    "edge_siamese_benchmarks": "benchmarks",
}
DEVICE = "edge_siamese"
BOX_HEIGHT, ROW_HEIGHT, GAP, MARGIN, TITLE = 28, 56, 10, 24, 30
CHARACTER, PADDING = 7.0, 18
COLORS = {
    "edge_siamese": ("#e7f0fa", "#1971c2"),
    "edge_siamese_converter": ("#fdf1e0", "#b35c00"),
    "edge_siamese_firmware": ("#e6f5ec", "#1f7a45"),
    "edge_siamese_benchmarks": ("#f3eafa", "#7b3fb5"),
}
Graph = Mapping[str, set[str]]


@dataclass
class Box:
    """A package or module of a folder's root, and where it is drawn."""

    name: str
    x: float = 0.0
    y: float = 0.0

    @property
    def label(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def width(self) -> float:
        return max(len(self.label), 5) * CHARACTER + PADDING


def component(module: str) -> str:
    """The root package of a module, and its next level: ``edge_siamese.names`` is in ``edge_siamese.gallery``."""
    return ".".join(module.split(".")[:2])


def read_graph() -> tuple[dict[str, Box], Graph]:
    """Boxes by name, and what each imports."""
    graph = grimp.build_graph(*FOLDERS, cache_dir=None, exclude_type_checking_imports=True)
    names: set[str] = set()
    edges: dict[str, set[str]] = defaultdict(set)
    for module in sorted(graph.modules):
        if module in FOLDERS:
            continue
        names.add(component(module))
        for imported in graph.find_modules_directly_imported_by(module):
            if imported not in FOLDERS and component(imported) != component(module):
                edges[component(module)].add(component(imported))
    return {name: Box(name) for name in sorted(names)}, edges


def levels(names: Iterable[str], edges: Graph) -> dict[str, int]:
    """The length of the longest way down from each name; what imports nothing of `names` is at 0."""
    found: dict[str, int] = {}
    path: list[str] = []

    def level(name: str) -> int:
        if name in path:
            raise SystemExit(f"an import circle: {' -> '.join([*path[path.index(name) :], name])}")
        if name not in found:
            path.append(name)
            below = [level(other) for other in sorted(edges.get(name, ())) if other in wanted]
            path.pop()
            found[name] = 1 + max(below, default=-1)
        return found[name]

    wanted = set(names)
    for name in sorted(wanted):
        level(name)
    return found


def reduced(edges: Graph) -> dict[str, set[str]]:
    """The edges that do not follow from others."""

    def reach(start: str) -> set[str]:
        seen, stack = set[str](), [start]
        while stack:
            for other in edges.get(stack.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return seen

    return {
        name: {other for other in below if not any(other in reach(middle) for middle in below - {other})}
        for name, below in edges.items()
    }


def place(boxes: dict[str, Box], edges: Graph, folder: str, left: float, top: float) -> tuple[float, float]:
    """Place a folder's boxes in rows, the importing above the imported; return width and height."""
    own = [name for name in boxes if name.startswith(f"{folder}.")]
    rows: dict[int, list[Box]] = defaultdict(list)
    for name, level in levels(own, edges).items():
        rows[level].append(boxes[name])
    width = max(sum(box.width + GAP for box in row) - GAP for row in rows.values())
    for place_, level in enumerate(sorted(rows, reverse=True)):
        row = sorted(rows[level], key=lambda box: box.name)
        x = left + (width - sum(box.width + GAP for box in row) + GAP) / 2
        for box in row:
            box.x, box.y = x, top + place_ * ROW_HEIGHT
            x += box.width + GAP
    return width, len(rows) * ROW_HEIGHT - (ROW_HEIGHT - BOX_HEIGHT)


def draw() -> str:
    """The whole drawing as SVG text."""
    boxes, edges = read_graph()
    parts: list[str] = []
    left, tallest = float(MARGIN), 0.0
    sizes: dict[str, tuple[float, float, float]] = {}
    for folder in [name for name in FOLDERS if name != DEVICE]:
        width, height = place(boxes, edges, folder, left, MARGIN + TITLE)
        sizes[folder] = (left, width, height)
        left, tallest = left + width + 3 * GAP + MARGIN, max(tallest, height)
    device_top = MARGIN + TITLE + tallest + 2 * MARGIN + TITLE
    width, height = place(boxes, edges, DEVICE, MARGIN, device_top)
    total = max(left, width + 2 * MARGIN)
    shift = (total - width) / 2 - MARGIN
    for box in boxes.values():
        box.x += shift if box.name.startswith(f"{DEVICE}.") else 0
    sizes[DEVICE] = (MARGIN + shift, width, height)
    for folder, (x, w, h) in sizes.items():
        top = device_top if folder == DEVICE else MARGIN + TITLE
        parts.append(frame(folder, x - GAP, top - TITLE, max(w, 130) + 2 * GAP, h + TITLE + GAP))
    for name, below in sorted(reduced(edges).items()):
        parts += [arrow(boxes[name], boxes[other]) for other in sorted(below) if same_folder(name, other)]
    parts += [draw_box(box) for box in boxes.values()]
    bottom = device_top + height + 2 * MARGIN
    style = "text{font:12px sans-serif;fill:#1c2024}.title{font-weight:600;font-size:13px}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total:.0f} {bottom:.0f}" role="img">'
    title = "<title>The packages of edge-siamese, each above what it imports</title>"
    return f"{head}\n{title}\n<style>{style}</style>\n" + "\n".join(parts) + "\n</svg>\n"


def same_folder(name: str, other: str) -> bool:
    return name.partition(".")[0] == other.partition(".")[0]


def frame(folder: str, x: float, y: float, width: float, height: float) -> str:
    fill, line = COLORS[folder]
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="6" fill="{fill}" fill-opacity="0.4" '
        f'stroke="{line}" stroke-opacity="0.5"/>'
        f'<text class="title" x="{x + 8:.0f}" y="{y + 18:.0f}">{escape(FOLDERS[folder])}/</text>'
    )


def draw_box(box: Box) -> str:
    fill, line = COLORS[box.name.partition(".")[0]]
    middle = box.x + box.width / 2
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{BOX_HEIGHT}" rx="4" fill="{fill}" '
        f'stroke="{line}"/>'
        f'<text x="{middle:.1f}" y="{box.y + 18:.1f}" text-anchor="middle">{escape(box.label)}</text>'
    )


def arrow(upper: Box, lower: Box) -> str:
    color = COLORS[upper.name.partition(".")[0]][1]
    x0, y0, x1, y1 = upper.x + upper.width / 2, upper.y + BOX_HEIGHT, lower.x + lower.width / 2, lower.y
    bend = max((y1 - y0) / 2, 12)
    return (
        f'<path d="M{x0:.1f} {y0:.1f}C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}" fill="none" '
        f'stroke="{color}" stroke-opacity="0.35"/>'
    )


def main() -> int:
    drawn = draw()
    if "--check" in sys.argv:
        current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if current != drawn:
            sys.stderr.write("docs/architecture.svg is not what the imports say: run 'make architecture'\n")
            return 1
        return 0
    TARGET.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
