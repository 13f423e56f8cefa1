"""``edge-siamese gallery keygen | sign | verify | encrypt | decrypt``"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery

pytest.importorskip("cryptography")
Command = Callable[..., Any]


@pytest.fixture
def key(command: Command, people_esg: Path) -> str:
    report = command("gallery", "keygen", "fleet.pem", "--no-passphrase", "--json").report
    return str(report["key_id"])


def test_a_signed_gallery_is_verified(command: Command, key: str, people_esg: Path) -> None:
    content = people_esg.read_bytes()
    answer = command("gallery", "sign", "people.esg", "--key", "fleet.pem")
    assert (answer.code, answer.out) == (0, f"people.esg: signed by {key}\n")
    assert people_esg.read_bytes().startswith(content)
    assert command("gallery", "verify", "people.esg", "--key", "fleet.pem.pub").out == answer.out
    assert f"not encrypted; signed by {key}\n" in command("gallery", "show", "people.esg").out
    assert command("gallery", "show", "people.esg", "--json").report["signed_by"] == [key]


def test_the_signatures_of_others_are_kept_on_request(command: Command, key: str) -> None:
    other = command("gallery", "keygen", "next.pem", "--no-passphrase", "--json").report["key_id"]
    command("gallery", "sign", "people.esg", "--key", "fleet.pem")
    answer = command("gallery", "sign", "people.esg", "--key", "next.pem", "--keep", "--json")
    assert answer.report["signed_by"] == [key, other]
    assert command("gallery", "sign", "people.esg", "--key", "next.pem", "--json").report["signed_by"] == [other]


@pytest.mark.usefixtures("key")
def test_verify_says_what_is_wrong(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "verify", "people.esg", "--key", "fleet.pem.pub")
    assert answer.code == 2
    assert "not signed, and the policy requires the signature of a trusted key" in answer.err
    command("gallery", "sign", "people.esg", "--key", "fleet.pem")
    command("gallery", "keygen", "other.pem", "--no-passphrase")
    answer = command("gallery", "verify", "people.esg", "--key", "other.pem.pub")
    assert (answer.code, "none of the 1 trusted keys" in answer.err) == (2, True)
    signature = people_esg.read_bytes()[-96:]
    Gallery.open(people_esg).without("ben").save(people_esg)
    people_esg.write_bytes(people_esg.read_bytes() + signature)
    answer = command("gallery", "verify", "people.esg", "--key", "fleet.pem.pub")
    assert (answer.code, "is not for this content" in answer.err) == (2, True)
    assert "expected a trusted key" in command("gallery", "verify", "people.esg").err


def test_a_passphrase_is_taken_from_the_environment(
    command: Command, people_esg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_PASSPHRASE", "one")
    assert command("gallery", "keygen", "fleet.pem").code == 0
    assert command("gallery", "sign", "people.esg", "--key", "fleet.pem").code == 0
    monkeypatch.setenv("EDGE_SIAMESE_PASSPHRASE", "two")
    before = people_esg.read_bytes()
    answer = command("gallery", "sign", "people.esg", "--key", "fleet.pem")
    assert (answer.code, answer.err) == (2, "edge-siamese: fleet.pem: the passphrase is wrong\n")
    assert people_esg.read_bytes() == before


def test_a_gallery_is_encrypted_and_decrypted(command: Command, people_esg: Path) -> None:
    plain = people_esg.read_bytes()
    assert command("gallery", "keygen", "secret", "--encryption").out == "secret: the secret key\n"
    answer = command("gallery", "encrypt", "people.esg", "--key", "file:secret")
    assert (answer.code, answer.out) == (0, "people.esg: encrypted\n")
    assert b"anna" not in people_esg.read_bytes()
    rejected = command("gallery", "check", "people.esg", "--json")
    assert (rejected.code, rejected.report["findings"][0]["verdict"]) == (2, "encrypted")
    again = command("gallery", "encrypt", "people.esg", "--key", "file:secret")
    assert (again.code, again.err) == (2, "edge-siamese: people.esg: it is encrypted already\n")
    assert command("gallery", "decrypt", "people.esg", "--key", "file:secret", "--json").report["encrypted"] is False
    assert people_esg.read_bytes() == plain
    assert "it is not encrypted" in command("gallery", "decrypt", "people.esg", "--key", "file:secret").err


def test_an_unknown_key_of_the_policy_is_rejected_by_every_command(command: Command, people_esg: Path) -> None:
    Path("edge-siamese.toml").write_text("[trust]\nrequire-signatures = true\n")
    answer = command("gallery", "show", "people.esg")
    assert answer.code == 2
    assert "unknown key 'require-signatures' in [trust]; did you mean 'require-signature'?" in answer.err
    Path("edge-siamese.toml").write_text("[trust]\nrequire-signature = true\n")
    assert "not signed" in command("gallery", "show", "people.esg").err
