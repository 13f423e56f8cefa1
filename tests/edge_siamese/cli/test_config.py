"""Configured values reach the commands; `config show` and `config check` explain them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_siamese.cli.main import COMMANDS, main
from edge_siamese.configuration import COMMON_KEYS

Said = tuple[int, str, str]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def configure(text: str, path: str = "edge-siamese.toml") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def origins(out: str) -> dict[str, tuple[object, str]]:
    return {row["key"]: (row["value"], row["origin"]) for row in json.loads(out)["settings"]}


def test_show_gives_every_value_and_its_origin(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(
        '[run]\ncamera = "picamera2"\nrealtime = true\nallow-host = ["door.lan"]\n[common]\ngallery = "family.esg"'
    )
    configure("[run]\ntimeout = 5\ncamera = 0", "home/.config/edge-siamese/edge-siamese.toml")
    monkeypatch.setenv("EDGE_SIAMESE_TARGET_FPIR", "0.02")
    monkeypatch.setenv("EDGE_SIAMESE_RUN_WAIT", "no")
    code, out, _ = say("config", "show", "run", "--json")
    found = origins(out)
    assert code == 0
    assert found["camera"] == ("picamera2", "edge-siamese.toml")
    assert found["gallery"] == (str(tmp_path / "family.esg"), "edge-siamese.toml")
    assert found["realtime"] == (True, "edge-siamese.toml")
    assert found["allow-host"] == ("door.lan", "edge-siamese.toml")
    assert found["timeout"] == (5, str(tmp_path / "home/.config/edge-siamese/edge-siamese.toml"))
    assert found["target-fpir"] == ("0.02", "$EDGE_SIAMESE_TARGET_FPIR")
    assert found["wait"] == ("no", "$EDGE_SIAMESE_RUN_WAIT")
    assert found["threads"] == (1, "default")
    files = {Path(file["path"]).parent.name: file["found"] for file in json.loads(out)["files"][:2]}
    assert files == {"": True, "edge-siamese": True}


def test_show_prints_toml_for_people(say: Callable[..., Said]) -> None:
    configure('[gallery.build]\nstrategy = "mean"')
    code, out, _ = say("config", "show", "gallery", "build")
    assert code == 0
    assert "[gallery.build]" in out
    (line,) = (line for line in out.splitlines() if line.startswith("strategy"))
    assert line.split() == ["strategy", '"mean"', "edge-siamese.toml"]


def test_a_configured_command_runs_with_the_values_and_the_command_line_wins(say: Callable[..., Said]) -> None:
    configure('[run]\ncamera = "0"\ngallery = "absent.esg"')
    assert "absent.esg" in say("run")[2]
    assert "other.esg" in say("run", "--gallery", "other.esg")[2]
    assert say("run")[0] == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[rnu]\ncamera = 0", "edge-siamese.toml: unknown table [rnu]; did you mean 'run'?"),
        ("[run]\ncamra = 0", "edge-siamese.toml: unknown key 'camra' in [run]; did you mean 'camera'?"),
        ('[common]\ngalery = "a"', "edge-siamese.toml: unknown key 'galery' in [common]; did you mean 'gallery'?"),
        ("[run]\nthreads = 99", "edge-siamese.toml: [run] threads: 99 is not in the range 1<=x<=64."),
        ("[run]\nrealtime = 1", "edge-siamese.toml: [run] realtime: expected true or false, found '1'"),
        ("[run]\ncamera = true", "edge-siamese.toml: [run] camera: expected a text or number, found true"),
        ('[run]\ngallery = ["a", "b"]', "edge-siamese.toml: [run] gallery: expected one value, found a list"),
        ("[run]\ntarget-fpir = nan", "edge-siamese.toml: [run] target-fpir: expected a rate above 0 and below 1"),
        ('[run]\ndelegate = "tpu2"', "edge-siamese.toml: [run] delegate: 'tpu2' is not one of"),
        ("[run]\ncamera = \n", "edge-siamese.toml: expected a configuration file (TOML): Invalid value (at line 2"),
    ],
)
def test_a_mistake_ends_the_command_and_is_listed_by_check(say: Callable[..., Said], text: str, sentence: str) -> None:
    configure(text)
    code, out, err = say("run", "--camera", "x.avi", "--gallery", "g.esg")
    assert (code, out) == (2, "")
    assert sentence in err
    code, out, err = say("config", "check")
    assert code == 2
    assert sentence in out + err


def test_check_lists_the_mistakes_of_all_commands(say: Callable[..., Said]) -> None:
    configure("[run]\ncamra = 0\n[enroll]\nfrmes = 3\n[gallery.build]\nbugdet = 1\n[gallery]\nbulid = 2")
    code, out, _ = say("config", "check", "--json")
    assert code == 2
    problems = json.loads(out)["problems"]
    assert [problem.split("unknown ")[1].split(";")[0] for problem in problems] == [
        "key 'camra' in [run]", "key 'frmes' in [enroll]", "key 'bulid' in [gallery]", "key 'bugdet' in [gallery.build]",
    ]  # fmt: skip


def test_a_sound_file_and_no_file_pass_the_check(say: Callable[..., Said]) -> None:
    assert say("config", "check")[:2] == (0, "no configuration file is there\n")
    configure('[run]\ncamera = "0"')
    assert say("config", "check")[:2] == (0, "edge-siamese.toml: ok\n")


def test_an_unknown_command_of_show_is_suggested(say: Callable[..., Said]) -> None:
    code, _, err = say("config", "show", "enrolls")
    assert code == 2
    assert "did you mean 'enroll'?" in err


def test_common_keys_are_options_of_several_commands() -> None:
    from edge_siamese.cli.enroll import enroll
    from edge_siamese.cli.identify import identify
    from edge_siamese.cli.run import run
    from edge_siamese.cli.verify import verify

    assert {"run", "enroll", "identify", "verify"} <= set(COMMANDS)
    for key in COMMON_KEYS:
        having = [
            command
            for command in (run, enroll, identify, verify)
            if f"--{key}" in {n for p in command.params for n in p.opts}
        ]
        assert having, key
