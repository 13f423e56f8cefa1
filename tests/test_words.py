"""Code, documents and help use the field's words: the terms they replaced are found nowhere."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edge_siamese.cli.main import COMMANDS, root

ROOT = Path(__file__).parents[1]
FOLDERS = ("edge_siamese", "converter", "firmware_tools", "benchmarks", "tests")
BRITISH = (
    r"colou?rs?(?<=our)|colours?|grey|centres?|centred|licen[c]e[sd]?|behaviour|neighbour|favour|enrol(?:s|ment)?|labelled|"
    r"learnt|spoilt|analyse[sd]?|catalogue|artefact|judgement|"
    r"\w*(?:normal|quant|optim|recogn|serial|organ|initial|equal|standard|summar|minim|maxim)is(?:e[sdr]?|ing|ation)"
)
RETIRED = (
    r"pictures?|albums?|survey(?:s|ed|_album)?|recogni[sz]er|headline|rival|sightings?|least_(?!squares)\w+|most_(?!common)\w+|freshest|"
    r"judg(?:e|ed|ing)|looking|telling_pairs|cast|journey|wanted_fmr|narrowing|within_class(?!_covariance)|"
    r"stretch(?:es)?|untouched|refusals?|refuse[sd]?|fate|told|divided(?!_by)"
)
IDENTIFIER = re.compile(rf"(?:^|_)(?:{RETIRED}|{BRITISH})(?:_|$)", re.IGNORECASE)
CLASS = re.compile(
    r"^_?(?:Album|Survey|Recogni[sz]er|Headline|Figures|Instrument|Rival|Look|Subject|Evidence|Sighting|Notice|Shot|"
    r"FreshestSlot|Divided|Terms|Told|Cast|Journey|Cells)$"
)
PROSE = re.compile(
    rf"\b(?:albums?|surveys?|sightings?|rivals?|pictures?|photographs?|{BRITISH}|whole or not at all|seen by nobody|"
    r"people who do not exist|who plays in)\b",
    re.IGNORECASE,
)
# Names that another library gives, or that mean something else where they stand.
ALLOWED = {
    "cast": {"tests", "converter", "edge_siamese"},  # tensor casts
    "stretch": {
        "converter/augmentation/image.py",
        "tests/converter/augmentation/test_image.py",
        "edge_siamese/rendering",
    },
}


def modules() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def identifiers(path: Path) -> Iterator[str]:
    """Names that a module defines: functions, classes, arguments, variables and attributes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def allowed(name: str, path: Path) -> bool:
    place = path.relative_to(ROOT).as_posix()
    return any(word in name and any(place.startswith(where) for where in places) for word, places in ALLOWED.items())


def test_no_identifier_is_a_retired_term() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules()
        if path != Path(__file__)
        for name in identifiers(path)
        if (IDENTIFIER.search(name) or CLASS.search(name)) and not allowed(name, path)
    }
    assert sorted(found) == []


def test_no_file_is_named_by_a_retired_term() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=False, capture_output=True, text=True).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    assert [name for name in listed if IDENTIFIER.search(Path(name).stem)] == []


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_no_document_uses_a_retired_term(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"{number}: {line}" for number, line in enumerate(lines, 1) if PROSE.search(line)] == []


def helps(command: click.Command, context: click.Context, name: str) -> Iterator[tuple[str, str]]:
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from helps(found, click.Context(found, info_name=child, parent=context), f"{name} {child}")


def test_no_help_uses_a_retired_term() -> None:
    pytest.importorskip("tensorflow")
    context = click.Context(root, info_name="edge-siamese")
    found = [
        f"{name}: {match[0]}" for name, text in helps(root, context, "edge-siamese") for match in PROSE.finditer(text)
    ]
    assert found == []
    assert len(COMMANDS) > 20


def test_the_patterns_find_what_they_forbid() -> None:
    for name in ("read_picture", "album", "least_height", "centre_face", "quantised", "judge_embeddings", "fate"):
        assert IDENTIFIER.search(name), name
    for name in ("image", "almost", "forecast", "best_score", "centered", "quantized", "label", "plaster", "at_most"):
        assert not IDENTIFIER.search(name), name
    for sentence in ("The picture is grey.", "an album of people", "enrolment", "It is normalised."):
        assert PROSE.search(sentence), sentence
    for sentence in ("The image is gray.", "enrollment", "It is normalized.", "license"):
        assert not PROSE.search(sentence), sentence
    assert sys.version_info >= (3, 11)
