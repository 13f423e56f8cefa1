"""Key files are made, protected and read back; whatever else is given is rejected in one sentence."""

from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery.container.signature import key_id_of
from edge_siamese.gallery.trust.key_source import generate_key, read_key
from edge_siamese.gallery.trust.keys import (
    generate_signing_key,
    load_public_key,
    load_public_keys,
    load_revoked_keys,
    load_signing_key,
)

pytest.importorskip("cryptography")


@pytest.mark.parametrize("passphrase", [None, "korrekt Pferd"])
def test_a_new_key_is_read_back(tmp_path: Path, passphrase: str | None) -> None:
    key_id = generate_signing_key(tmp_path / "fleet.pem", passphrase)
    public = load_public_key(tmp_path / "fleet.pem.pub")
    assert key_id_of(public).hex() == key_id
    private = load_signing_key(tmp_path / "fleet.pem", lambda: passphrase)
    assert private.public_key().public_bytes_raw() == public
    assert (tmp_path / "fleet.pem").stat().st_mode & 0o777 == 0o600
    assert (b"ENCRYPTED" in (tmp_path / "fleet.pem").read_bytes()) == (passphrase is not None)


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    generate_signing_key(tmp_path / "fleet.pem", None)
    before = (tmp_path / "fleet.pem").read_bytes()
    with pytest.raises(DataError, match=r"fleet\.pem: there is a file already, which is kept"):
        generate_signing_key(tmp_path / "fleet.pem", None)
    assert (tmp_path / "fleet.pem").read_bytes() == before


@pytest.mark.parametrize(
    ("word", "sentence"), [("wrong", "the passphrase is wrong"), (None, "the key has a passphrase")]
)
def test_a_wrong_passphrase_is_rejected(tmp_path: Path, word: str | None, sentence: str) -> None:
    generate_signing_key(tmp_path / "fleet.pem", "right")
    with pytest.raises(DataError, match=rf"fleet\.pem: {sentence}"):
        load_signing_key(tmp_path / "fleet.pem", lambda: word)


def test_a_secret_key_that_others_can_read_is_rejected(tmp_path: Path) -> None:
    generate_signing_key(tmp_path / "fleet.pem", None)
    (tmp_path / "fleet.pem").chmod(0o644)
    with pytest.raises(DataError, match=r"others can use \(mode 0644\): chmod 600"):
        load_signing_key(tmp_path / "fleet.pem", lambda: None)


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    generate_signing_key(tmp_path / "fleet.pem", None)
    with pytest.raises(DataError, match="expected a public key in PEM"):
        load_public_key(tmp_path / "fleet.pem")
    (tmp_path / "fleet.pem.pub").chmod(0o600)
    with pytest.raises(DataError, match="expected a private key in PEM"):
        load_signing_key(tmp_path / "fleet.pem.pub", lambda: None)
    with pytest.raises(DataError, match="cannot be read"):
        load_public_key(tmp_path / "absent.pub")


def test_a_folder_gives_all_of_its_public_keys(tmp_path: Path) -> None:
    ids = {generate_signing_key(tmp_path / name, None) for name in ("old", "new")}
    assert {key.hex() for key in load_public_keys([tmp_path])} == ids


def test_revoked_keys_are_a_list_with_comments(tmp_path: Path) -> None:
    path = tmp_path / "revoked.txt"
    path.write_text(f"# lost in March\n{'ab' * 16}  # fleet 1\n\n{'CD' * 16}\n")
    assert load_revoked_keys(path) == {b"\xab" * 16, b"\xcd" * 16}
    path.write_text("fleet\n")
    with pytest.raises(DataError, match=r"revoked\.txt, line 1: expected a key id of 32 hex digits, found 'fleet'"):
        load_revoked_keys(path)


def test_a_key_comes_from_each_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate_key(tmp_path / "secret")
    text = (tmp_path / "secret").read_text().strip()
    monkeypatch.setenv("GALLERY_KEY", text)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    sources = (f"file:{tmp_path}/secret", "env:GALLERY_KEY", "credential:secret", f"command:cat {tmp_path}/secret")
    assert {read_key(source) for source in sources} == {bytes.fromhex(text)}


def test_a_raw_key_of_32_bytes_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(range(32)))
    (tmp_path / "raw").chmod(0o600)
    assert read_key(f"file:{tmp_path}/raw") == bytes(range(32))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("secret", "expected one of file:..., env:..., credential:..., command:..., found 'secret'"),
        ("http://x", "expected one of file"),
        ("env:NOBODY_SET_THIS", "expected a key in this environment variable, found none"),
        ("file:/absent/key", "/absent/key: cannot be read"),
        ("credential:key", "expected a service with LoadCredential=key"),
        ("command:false", "ended with exit code 1"),
        ("command:/absent/program", "cannot be started"),
        ("command:echo short", "expected a key of 32 bytes or 64 hex digits, found another text"),
        ("command:echo 'open", "expected a command line"),
    ],
)
def test_a_source_without_a_key_is_one_sentence(source: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(DataError, match=sentence):
        read_key(source)
