"""The picture of a build shows every part to scale."""

from xml.etree import ElementTree as ET

from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.image.board_map import board_map

_REPORT = {
    "flash": {"used": 900_000, "size": 1_048_576, "code": 30_000, "constants": 869_936},
    "ram": {"used": 444_000, "size": 524_288, "networks": 258_300, "frame": 153_600, "stack": 16_384},
}


def test_every_part_is_drawn_to_scale() -> None:
    board = find_board("stm32h743")
    root = ET.fromstring(board_map(board, _REPORT))
    boxes = {}
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        title = box.find("{http://www.w3.org/2000/svg}title")
        if title is not None:
            boxes[str(title.text)] = (float(box.attrib["x"]), float(box.attrib["width"]))
    assert set(boxes) == {
        "code: 30,000 bytes at 0x8000000",
        "constants: 870,000 bytes at 0x8007530",
        "gallery slot a: 131,072 bytes at 0x81c0000",
        "gallery slot b: 131,072 bytes at 0x81e0000",
        "stack: 16,384 bytes at 0x0",
        "frame: 153,600 bytes at 0x4000",
        "networks: 258,300 bytes at 0x29800",
        "other: 15,716 bytes at 0x688fc",
    }
    x, width = boxes["gallery slot b: 131,072 bytes at 0x81e0000"]
    assert abs(x + width - (20 + 960)) < 0.2
    assert abs(width - 960 / 16) < 0.1
