"""Plot of the arena: steps from left to right, addresses upwards, a box for each activation."""

from collections.abc import Sequence
from html import escape

from .planner import Plan

_WIDTH, _HEIGHT, _MARGIN = 960, 420, 60
_COLORS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#eeca3b", "#72b7b2", "#9d755d")
_SCRATCH = "#bab0ac"


def arena_map(plan: Plan, captions: Sequence[str]) -> str:
    """SVG of a plan.

    Args:
        plan: where everything lies.
        captions: what each step does; it shows when the pointer rests on a box.
    """
    columns = len(captions) + 2
    across, up = _WIDTH / columns, _HEIGHT / max(plan.size, 1)
    whole = f"{_WIDTH + 2 * _MARGIN} {_HEIGHT + 2 * _MARGIN}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, block in enumerate(plan.blocks):
        x = _MARGIN + (block.first + 1) * across
        y = _MARGIN + _HEIGHT - (block.offset + block.size) * up
        width, height = (block.last - block.first + 1) * across, block.size * up
        color = _SCRATCH if block.name.startswith("scratch of") else _COLORS[number % len(_COLORS)]
        title = (
            f"{block.name or 'activation'}: {block.size:,} bytes at {block.offset:,}, {_when(block.first, captions)}"
        )
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}" '
            f'stroke="white" stroke-width="0.5"><title>{escape(title)}</title></rect>'
        )
    parts += _axes(plan, len(captions), across)
    return "\n".join([*parts, "</svg>", ""])


def _when(first: int, captions: Sequence[str]) -> str:
    return "the input" if first < 0 else f"made by step {first} ({captions[min(first, len(captions) - 1)]})"


def _axes(plan: Plan, steps: int, across: float) -> list[str]:
    """Frame, ticks and the line of the lower bound."""
    bound = _MARGIN + _HEIGHT * (1 - plan.bound / max(plan.size, 1))
    busiest = _MARGIN + (plan.busiest + 1.5) * across
    verdict = "equal to the lower bound" if plan.size == plan.bound else f"lower bound {plan.bound:,}"
    bottom = _MARGIN + _HEIGHT
    return [
        f'<rect x="{_MARGIN}" y="{_MARGIN}" width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="black"/>',
        f'<path d="M{_MARGIN} {bound:.1f}h{_WIDTH}" stroke="#e45756" stroke-dasharray="6 4"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN - 22}">Arena of {plan.size:,} bytes, {verdict}</text>',
        f'<text x="{busiest:.1f}" y="{_MARGIN - 6}" text-anchor="middle" fill="#e45756">busiest step</text>',
        f'<text x="{_MARGIN + _WIDTH / 2}" y="{bottom + 38}" text-anchor="middle">steps, 0 to {steps - 1}</text>',
        f'<text x="{_MARGIN - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{_MARGIN - 6}" y="{_MARGIN + 10}" text-anchor="end">{plan.size / 1024:.0f} KiB</text>',
    ]
