"""The root command: every command is there, explains itself, and failures end with one sentence and the right code."""

import importlib
import importlib.util
import json
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from edge_siamese.cli import main as cli
from edge_siamese.errors import DataError, RuntimeMissingError


def run(arguments: list[str]) -> int | str | None:
    """Exit code of a command line."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return ended.value.code


def command_named(name: str) -> click.Command:
    entry = cli.COMMANDS[name]
    missing = [package for package in entry.needs if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"'{name}' needs {missing[0]}")
    module, attribute = entry.target.split(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    return command


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_resolves_and_explains_itself(name: str) -> None:
    command = command_named(name)
    assert command.name == name
    answer = CliRunner().invoke(command, ["--help"])
    assert answer.exit_code == 0
    assert len((command.help or "").split()) > 3


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, by its words."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            inside = click.Context(command, info_name=name, parent=context)
            yield from ((f"{name} {words}", each) for words, each in commands(command, inside))
        else:
            yield name, command


def test_every_command_answers_in_json() -> None:
    pytest.importorskip("tensorflow")
    found = dict(commands(cli.root, click.Context(cli.root, info_name="edge-siamese")))
    assert {"verify", "gallery build", "bench latency", "data prepare", "firmware boards list"} <= set(found)
    options = {words: {name for each in command.params for name in each.opts} for words, command in found.items()}
    assert [words for words, names in options.items() if "--json" not in names] == []


def test_no_two_commands_have_the_same_help() -> None:
    lines = [entry.help for entry in cli.COMMANDS.values()]
    assert len(set(lines)) == len(lines)
    assert all(line.endswith(".") for line in lines)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    cli.root(["--help"], prog_name="edge-siamese", standalone_mode=False)
    printed = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"  {name} " not in printed] == []


def test_an_unknown_command_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["no-such-command"]) == 2
    captured = capsys.readouterr()
    assert "No such command 'no-such-command'" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["verfy"], "No such command 'verfy'. Did you mean 'verify'?"),
        (["gallery", "chek"], "No such command 'chek'. Did you mean 'check'?"),
        (["self-test", "--jsn"], "Did you mean '--json'?"),
    ],
)
def test_misspelt_commands_and_options_are_answered_with_the_nearest(
    arguments: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert advice in capsys.readouterr().err


def test_under_json_an_error_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "absent.jpg", "absent.jpg", "--json"]) == 2
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert (answer["schema"], answer["exit_code"]) == ("edge-siamese/error/1", 2)
    assert captured.err == f"edge-siamese: {answer['error']}\n"
    assert answer["error"].startswith("absent.jpg: ")


def test_a_usage_error_under_json_is_one_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "a.jpg", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "Missing argument 'SECOND'."


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert run(["distill"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("Error: 'distill' needs tensorflow, which is not installed: ")
    assert message.endswith("-m pip install 'edge-siamese[converter]'\n")


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (DataError("a.jpg: expected an image, found text"), 2, "edge-siamese: a.jpg: expected an image, found text"),
        (RuntimeMissingError("no TFLite runtime"), 1, "edge-siamese: no TFLite runtime"),
        (FileNotFoundError(2, "No such file", "x.esg"), 1, "edge-siamese: x.esg: No such file"),
        (KeyboardInterrupt(), 130, "edge-siamese: stopped"),
    ],
)
def test_errors_end_with_one_sentence_and_their_code(
    error: BaseException,
    code: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(cli.root, "commands", {"failing": failing})
    assert run(["failing"]) == code
    assert capsys.readouterr().err.strip() == sentence


@pytest.mark.parametrize("code", [1, 3])
def test_a_commands_own_exit_code_is_the_programs(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    @click.pass_context
    def leaving(context: click.Context) -> None:
        context.exit(code)

    monkeypatch.setattr(cli.root, "commands", {"leaving": leaving})
    assert run(["leaving"]) == code


def test_version_lists_package_runtime_and_models(capsys: pytest.CaptureFixture[str]) -> None:
    cli.root(["--version"], prog_name="edge-siamese", standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].split(" ")[0] for line in lines] == ["edge-siamese", "runtime", "embedder", "detector"]
