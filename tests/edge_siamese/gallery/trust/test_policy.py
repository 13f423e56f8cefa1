"""What the configuration requires of galleries holds wherever one is opened or written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.errors import (
    DataError,
    EncryptedGalleryError,
    GalleryError,
    StaleGalleryError,
    UntrustedGalleryError,
)
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.encryption import encrypted
from edge_siamese.gallery.container.signature import signed
from edge_siamese.gallery.trust.keys import generate_signing_key, load_signing_key
from edge_siamese.gallery.trust.policy import TrustPolicy
from edge_siamese.gallery.updates import GalleryFile

pytest.importorskip("cryptography")
Configure = Callable[..., None]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Writes the table [trust]; `place` is the file: system, user or folder."""
    places = [tmp_path / name for name in ("folder.toml", "user.toml", "system.toml")]
    monkeypatch.setattr("edge_siamese.gallery.trust.policy.search_paths", lambda: places)

    def write(*lines: str, place: str = "system") -> None:
        (tmp_path / f"{place}.toml").write_text("\n".join(["[trust]", *lines, ""]))

    return write


@pytest.fixture
def path(tmp_path: Path, gallery: Gallery) -> Path:
    gallery.save(tmp_path / "people.esg")
    return tmp_path / "people.esg"


def sign(path: Path, key: Path) -> None:
    path.write_bytes(signed(path.read_bytes(), load_signing_key(key, lambda: None)))


def test_without_a_policy_everything_is_accepted(path: Path, configure: Configure) -> None:
    assert TrustPolicy.current() == TrustPolicy()
    assert Gallery.open(path).signed_by == ()


def test_unsigned_galleries_are_accepted_only_where_the_policy_says_so(
    path: Path, tmp_path: Path, configure: Configure
) -> None:
    key_id = generate_signing_key(tmp_path / "fleet.pem", None)
    configure("require-signature = true", 'trusted-keys = ["fleet.pem.pub"]')
    with pytest.raises(UntrustedGalleryError, match=r"people\.esg: an untrusted gallery: not signed"):
        Gallery.open(path)
    with pytest.raises(UntrustedGalleryError, match="not signed"):
        GalleryFile(path)
    sign(path, tmp_path / "fleet.pem")
    assert Gallery.open(path).signed_by == (key_id,)
    assert GalleryFile(path).gallery.names == ("anna", "ben")


def test_keys_are_rotated_and_revoked(path: Path, tmp_path: Path, configure: Configure) -> None:
    (tmp_path / "keys").mkdir()
    old, new = (generate_signing_key(tmp_path / "keys" / name, None) for name in ("old", "new"))
    configure("require-signature = true", 'trusted-keys = ["keys"]')
    for name in ("old", "new"):
        sign(path, tmp_path / "keys" / name)
        assert Gallery.open(path).names == ("anna", "ben")
    (tmp_path / "revoked.txt").write_text(old)
    configure("require-signature = true", 'trusted-keys = ["keys"]', 'revoked-keys = "revoked.txt"')
    assert Gallery.open(path).signed_by == (new,)
    sign(path, tmp_path / "keys" / "old")
    with pytest.raises(UntrustedGalleryError, match=f"signed by key {old}, which is revoked"):
        Gallery.open(path)


def test_a_folder_cannot_weaken_what_the_system_requires(path: Path, configure: Configure) -> None:
    configure("require-signature = true", 'trusted-keys = ["/nowhere"]')
    configure("require-signature = false", 'trusted-keys = ["mine.pub"]', place="folder")
    policy = TrustPolicy.current()
    assert (policy.require_signature, policy.trusted_keys) == (True, (Path("/nowhere"),))


def test_the_environment_can_require_more(path: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_TRUST_REQUIRE_SIGNATURE", "true")
    with pytest.raises(UntrustedGalleryError, match="not signed"):
        Gallery.open(path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("require_signature = true", r"system\.toml: unknown key 'require_signature' in \[trust\]; did you mean"),
        ('require-signature = "perhaps"', "require-signature: expected true or false, found 'perhaps'"),
        ("trusted-keys = 5", "expected paths, found 5"),
        ('revoked-keys = ["a", "b"]', "revoked-keys: expected one path, found 2"),
        ("decryption-key = 1", "expected a text, found 1"),
    ],
)
def test_a_policy_that_cannot_be_read_opens_nothing(path: Path, configure: Configure, line: str, sentence: str) -> None:
    configure(line)
    with pytest.raises(DataError, match=sentence):
        Gallery.open(path)


def test_an_older_gallery_is_not_accepted_again(path: Path, tmp_path: Path, configure: Configure) -> None:
    configure('sequence-state = "sequence.json"')
    replayed = path.read_bytes()
    Gallery.open(path).without("ben").save(path)
    assert Gallery.open(path).sequence == 2
    path.write_bytes(replayed)
    with pytest.raises(StaleGalleryError, match="a stale gallery: expected sequence number 2 or a higher one"):
        Gallery.open(path)
    (tmp_path / "sequence.json").write_text("[]")
    with pytest.raises(GalleryError, match=r"sequence\.json: expected sequence numbers of galleries in JSON"):
        Gallery.open(path)


def test_a_sequence_number_that_cannot_be_kept_is_an_error(path: Path, configure: Configure) -> None:
    configure('sequence-state = "/proc/sequence.json"')
    with pytest.raises(GalleryError, match=r"its sequence number cannot be kept in /proc/sequence\.json"):
        Gallery.open(path)


def test_an_encrypted_gallery_stays_encrypted(
    path: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(encrypted(path.read_bytes(), bytes(32)))
    assert b"anna" not in path.read_bytes()
    with pytest.raises(EncryptedGalleryError, match="expected a key, found none"):
        Gallery.open(path)
    configure('decryption-key = "env:GALLERY_KEY"')
    monkeypatch.setenv("GALLERY_KEY", "01" * 32)
    with pytest.raises(
        EncryptedGalleryError, match="encrypted with the key 66687aadf862bd776c8fc18b8e9f8e20, the key here"
    ):
        Gallery.open(path)
    monkeypatch.setenv("GALLERY_KEY", "00" * 32)
    assert Gallery.open(path).without("ben").save(path).names == ("anna",)
    assert b"anna" not in path.read_bytes()
    assert Gallery.open(path).encrypted


def test_every_changed_byte_of_an_encrypted_gallery_is_noticed(path: Path) -> None:
    from edge_siamese.gallery.container.encryption import decrypted, with_payload
    from edge_siamese.gallery.container.layout import HEADER

    data = encrypted(path.read_bytes(), bytes(32))
    assert decrypted(data, bytes(32), "it") == path.read_bytes()
    header = HEADER.unpack(memoryview(data), 0)
    for index in range(HEADER.size, len(data), 7):
        changed = data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]
        with pytest.raises(EncryptedGalleryError, match=r"encrypted with the key|changed since it was encrypted"):
            decrypted(with_payload(header, changed[HEADER.size :]), bytes(32), "it")
    for change in ({"sequence": 9}, {"retain_until": 9}, {"identities": 1}):
        with pytest.raises(EncryptedGalleryError, match="changed since it was encrypted"):
            decrypted(with_payload(header | change, data[HEADER.size :]), bytes(32), "it")


def test_a_device_with_a_signing_key_signs_what_it_writes(path: Path, tmp_path: Path, configure: Configure) -> None:
    key_id = generate_signing_key(tmp_path / "device.pem", None)
    sign(path, tmp_path / "device.pem")
    configure("require-signature = true", 'trusted-keys = ["device.pem.pub"]')
    before = path.read_bytes()
    with pytest.raises(DataError, match="and there is no 'signing-key' to sign it; nothing is written"):
        Gallery.open(path).without("ben").save(path)
    assert path.read_bytes() == before
    configure("require-signature = true", 'trusted-keys = ["device.pem.pub"]', 'signing-key = "device.pem"')
    assert Gallery.open(path).without("ben").save(path).signed_by == (key_id,)
    assert Gallery.open(path).names == ("anna",)


def test_a_dropped_signature_is_reported(
    path: Path, tmp_path: Path, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    generate_signing_key(tmp_path / "fleet.pem", None)
    sign(path, tmp_path / "fleet.pem")
    Gallery.open(path).without("ben").save(path)
    assert "its signature was for the content before" in caplog.text


def test_a_policy_can_be_passed(path: Path, configure: Configure) -> None:
    with pytest.raises(UntrustedGalleryError):
        Gallery.open(path, replace(TrustPolicy(), require_signature=True))
