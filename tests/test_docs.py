"""The documentation pages name commands, options, files, modules and headings that exist."""

import importlib
import importlib.util
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from edge_siamese.cli.main import COMMANDS, root

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("edge_siamese/", "converter/", "firmware_tools/", "benchmarks/", "tests/", "docs/", "constraints/")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def inline_code(page: Path) -> list[str]:
    return [" ".join(code.split()) for code in INLINE.findall(prose(page))]


def console_commands(text: str) -> Iterator[list[str]]:
    """Words of every ``$ edge-siamese ...`` of a page, without the program's name, comments and optional brackets."""
    for _, block in FENCED.findall(text):
        for line in re.findall(r"^\$ (.+)$", block.replace("\\\n", " "), re.MULTILINE):
            for command in line.split(" && "):
                if command.startswith("edge-siamese "):
                    yield shlex.split(re.sub(r"\[(--[^\]]+)\]", r"\1", command), comments=True)[1:]


def resolve(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that the first words name, and the words after its name.

    Raises:
        click.UsageError: there is no such command.
        pytest.skip.Exception: an optional package of the command is not installed.
    """
    command: click.Command = root
    context = click.Context(root, info_name="edge-siamese")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if command is root and words[0] in COMMANDS:
            missing = [name for name in COMMANDS[words[0]].needs if importlib.util.find_spec(name) is None]
            if missing:
                pytest.skip(f"{words[0]} needs {missing[0]}")
        found = command.get_command(context, words[0])
        if found is None:
            raise click.UsageError(f"no command {words[0]!r} in {context.command_path!r}")
        command, context, words = found, click.Context(found, info_name=words[0], parent=context), words[1:]
    return command, context, words


def check_command(words: list[str]) -> None:
    """Parse a command line without running it or opening a file that it names.

    Raises:
        click.UsageError: a command, an option or a choice does not exist, or an argument is missing or too many.
    """
    command, context, rest = resolve(words)
    values, extra, _ = command.make_parser(context).parse_args(list(rest))
    if extra and not isinstance(command, click.Group):
        raise click.UsageError(f"unexpected {extra}", context)
    for parameter in command.get_params(context):
        given = values.get(parameter.name or "")
        if (
            isinstance(parameter, click.Argument)
            and parameter.required
            and not (isinstance(given, str | list | tuple) and given)
        ):
            raise click.MissingParameter(ctx=context, param=parameter)
        if isinstance(parameter.type, click.Choice) and isinstance(given, str | list | tuple):
            for value in [given] if isinstance(given, str) else given:
                parameter.type.convert(value, parameter, context)


COMMAND_LINES = [
    pytest.param(words, id=f"{page.name}: {' '.join(words)}"[:110])
    for page in PAGES
    for words in console_commands(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("words", COMMAND_LINES)
def test_every_command_line_parses(words: list[str]) -> None:
    check_command(words)


@pytest.mark.parametrize(
    "line",
    [
        "verfy a.jpg b.jpg",
        "verify a.jpg",
        "verify a.jpg b.jpg c.jpg",
        "verify a.jpg b.jpg --tolerance 0.1",
        "verify a.jpg b.jpg --delegate tpu2",
        "gallery create people",
    ],
)
def test_a_command_line_that_does_not_exist_is_found(line: str) -> None:
    with pytest.raises(click.UsageError):
        check_command(line.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_within_sentences_exist(page: Path) -> None:
    for code in inline_code(page):
        words = re.sub(r"[\[\]]", "", code).split()
        if words[:1] == ["edge-siamese"]:
            words = words[1:]
        elif not (words and words[0] in COMMANDS and any(word.startswith("--") for word in words)):
            continue
        command, context, rest = resolve([word for word in words if word != "..."])
        known = {name for parameter in command.get_params(context) for name in parameter.opts}
        unknown = {word.split("=")[0] for word in rest if word.startswith("--")} - known
        assert unknown == set(), code


@cache
def every_option() -> set[str]:
    """Long options of all commands."""

    def options(command: click.Command, context: click.Context) -> Iterator[str]:
        for parameter in command.get_params(context):
            yield from (*parameter.opts, *parameter.secondary_opts)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                if child is not None:
                    yield from options(child, click.Context(child, info_name=name, parent=context))

    return set(options(root, click.Context(root, info_name="edge-siamese")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_within_sentences_exist(page: Path) -> None:
    for package in {name for entry in COMMANDS.values() for name in entry.needs}:
        pytest.importorskip(package)
    named = {word for code in inline_code(page) if code.startswith("--") for word in re.findall(r"--[a-z0-9-]+", code)}
    assert named - every_option() == set()


def anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?://)([^)]+)\)", prose(page)):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_repository_path_exists(page: Path) -> None:
    code = inline_code(page)
    paths = {name for name in code if name.startswith(FOLDERS)}
    modules = {name for name in code if re.fullmatch(r"[\w/]+\.py", name)} - paths
    assert {name for name in paths if not any(ROOT.glob(name.rstrip("/")))} == set()
    assert {name for name in modules if not any(any((ROOT / folder).rglob(name)) for folder in FOLDERS)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_and_name_of_the_device_package_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for dotted in re.findall(r"`(edge_siamese(?:\.\w+)+)", prose(page)):
        found: object = importlib.import_module("edge_siamese")
        for name in dotted.split(".")[1:]:
            if not hasattr(found, name):
                importlib.import_module(f"{found.__name__}.{name}")  # type: ignore[attr-defined]
            found = getattr(found, name)
    for module in re.findall(r"python -m (edge_siamese\w*[\w.]*)", text):
        assert importlib.util.find_spec(module) is not None, module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_schema_is_one_that_the_code_writes(page: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=False, capture_output=True, text=True).stdout
    if not listed:
        pytest.skip("not a git checkout")
    code = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in listed.split())
    for schema in re.findall(r"`(edge-siamese/[\w-]+/\d+)`", prose(page)):
        name, version = schema.removeprefix("edge-siamese/").split("/")
        assert schema in code or f'"{name}"' in code, schema
        assert version == "1" or re.search(rf"(?i)schema_version = {version}\b", code), schema


def test_no_page_advises_to_install_outside_of_a_virtual_environment() -> None:
    found = [
        f"{page.name}: {line}"
        for page in PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!/bin/)\bpip3? install", line)
    ]
    assert found == []
