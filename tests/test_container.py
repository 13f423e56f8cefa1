"""The Dockerfiles and the Home Assistant add-on: what they copy exists, nothing runs as root, the root may be read-only."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import edge_siamese
from edge_siamese.cli.main import main
from edge_siamese.errors import DataError
from edge_siamese.system.home_assistant_addon import command_line
from tests.test_docs import check_command

ROOT = Path(__file__).parents[1]
ADDON = ROOT / "docs/home_assistant_addon"
FILES = [ROOT / "Dockerfile", ADDON / "Dockerfile"]


def instructions(path: Path) -> list[tuple[str, str]]:
    """Instructions of a Dockerfile with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (line.split(None, 1)[0], " ".join(line.split(None, 1)[1].split())) for line in text.splitlines() if line.strip()
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_images_are_pinned_and_programs_are_in_exec_form(path: Path) -> None:
    found = instructions(path)
    assert {name for name, _ in found} <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ENV", "VOLUME", "USER", "STOPSIGNAL", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    for image in (value.split()[0] for name, value in found if name == "FROM"):
        assert re.fullmatch(r"python:3\.13-slim-bookworm", image), image
    for name, value in found:
        if name in ("ENTRYPOINT", "CMD"):
            assert json.loads(value)
        assert "sudo" not in value
        assert "pip install" not in value or "--no-cache-dir" in value
        assert name != "WORKDIR" or value.startswith("/")


def test_the_image_runs_as_a_user_without_rights_and_copies_what_exists() -> None:
    found = instructions(FILES[0])
    assert [value for name, value in found if name == "USER"] == ["10001:10001"]
    assert [name for name, _ in found].index("USER") < [name for name, _ in found].index("ENTRYPOINT")
    sources = [word for name, value in found if name == "COPY" and "--from" not in value for word in value.split()[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {source.split("/")[0] for source in sources} <= {
        line[1:].split("/")[0] for line in ignored if line[0] == "!"
    }
    folders = {
        line.split(" = ")[1]
        for line in (ROOT / "setup.cfg").read_text().splitlines()
        if re.match(r"    edge_siamese_\w+ = \w+$", line)
    }
    assert {"edge_siamese", *folders} <= set(sources)


def test_every_extra_of_the_images_exists() -> None:
    extras = {extra for path in FILES for extra in re.findall(r"\[([\w,]+)\]", path.read_text()) if "," in extra}
    known = (ROOT / "setup.cfg").read_text()
    assert all(f"\n{extra} =\n" in known for names in extras for extra in names.split(","))


def test_the_addon_has_the_packages_version_and_a_value_or_mark_for_each_option() -> None:
    yaml = pytest.importorskip("yaml")
    config: dict[str, Any] = yaml.safe_load((ADDON / "config.yaml").read_text())
    assert config["version"] == edge_siamese.__version__
    assert f"=={edge_siamese.__version__}" in (ADDON / "Dockerfile").read_text()
    assert set(config["arch"]) == {"aarch64", "amd64"}
    optional = {key for key, kind in config["schema"].items() if kind.endswith("?")}
    assert set(config["options"]) | optional == set(config["schema"])
    assert "mqtt:want" in config["services"]


def test_the_addons_options_become_a_command_line_that_exists(tmp_path: Path) -> None:
    offered = {"host": "core-mosquitto", "port": 1883, "username": "addons", "password": "päss word", "ssl": False}
    options = {"camera": "/dev/video0", "gallery": "people.esg", "target_fpir": 0.01, "page": True}
    words = command_line(options, tmp_path, Path("/config"), lambda: offered)
    check_command(words)
    assert words[words.index("--mqtt") + 1] == "mqtt://addons@core-mosquitto:1883"
    assert words[words.index("--gallery") + 1] == "/config/people.esg"
    password = tmp_path / "mqtt-password"
    assert (password.read_text(), password.stat().st_mode & 0o077) == ("päss word\n", 0)
    own = command_line(
        options | {"mqtt": "mqtts://door@broker:8883", "mqtt_password": "x"}, tmp_path, broker=lambda: offered
    )
    assert own[own.index("--mqtt") + 1] == "mqtts://door@broker:8883"
    assert "--mqtt" not in command_line(options, tmp_path, broker=lambda: None)


def test_an_option_of_the_addon_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the option 'camera' of the add-on: expected a value, found none"):
        command_line({"gallery": "people.esg"}, tmp_path, broker=lambda: None)


READ_ONLY = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/tmp"
mount --bind "$1/data" "$1/data"
mount -o remount,bind,ro /
cd "$1/data"
export HOME="$1/data" TMPDIR="$1/tmp" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$3"
exec "$2" -m edge_siamese run --camera photos --gallery people.esg --events events.jsonl --events-size 1MB
"""


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("unshare") is None, reason="a read-only root takes root and unshare"
)
def test_a_run_needs_a_read_only_root_and_its_data_folder_only(tmp_path: Path) -> None:
    from edge_siamese.image_io import write_image
    from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

    (tmp_path / "tmp").mkdir()
    data = tmp_path / "data"
    for number, yaw in enumerate((0.0, 8.0)):
        write_image(
            data / f"photos/{number}.png", render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(yaw=yaw)).image
        )
    with pytest.raises(SystemExit) as ended:
        main(["enroll", "Anna", str(data / "photos/0.png"), "--gallery", str(data / "people.esg")])
    assert not ended.value.code
    ran = subprocess.run(
        ["unshare", "--mount", "bash", "-c", READ_ONLY, "bash", tmp_path, sys.executable, ROOT],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if "permission denied" in ran.stderr.lower() or "mount:" in ran.stderr:
        pytest.skip(f"no mounts here: {ran.stderr.strip().splitlines()[0]}")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("Anna") == 2
    assert "Anna" in (data / "events.jsonl").read_text()
