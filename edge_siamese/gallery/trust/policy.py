"""The policy about galleries, from the table ``[trust]`` of the configuration files.

::

    [trust]
    require-signature = true
    trusted-keys = ["/etc/edge-siamese/keys"]           # files, or folders of *.pub
    revoked-keys = "/etc/edge-siamese/revoked.txt"
    decryption-key = "credential:gallery-key"           # file: env: credential: command:
    signing-key = "/etc/edge-siamese/signing.pem"       # a device that enrolls signs with it
    sequence-state = "/var/lib/edge-siamese/sequence.json"
    audit-log = "/var/lib/edge-siamese/audit.jsonl"

Here the system's file wins over the user's, and that over the folder's and the environment: what the administrator
requires cannot be weakened by a file in the current folder. ``require-signature`` is true where any of them says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...configuration import TRUST, TRUST_KEYS, ConfiguredValue, LayeredConfiguration, did_you_mean, search_paths
from ...errors import DataError
from ..container.encryption import encrypted
from ..container.requirements import Requirements
from ..container.signature import signed
from .key_source import read_key
from .keys import load_public_keys, load_revoked_keys, load_signing_key, passphrase_from_environment

_TRUTHS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True)
class TrustPolicy:
    """What a device requires of galleries, and the keys it has.

    Attributes:
        require_signature: whether a gallery without the signature of a trusted key is rejected.
        trusted_keys: files of public keys, or folders of ``*.pub``.
        revoked_keys: file with ids of revoked keys.
        decryption_key: source of the key of encrypted galleries; see `key_source`.
        signing_key: private key that signs what is written.
        sequence_state: file with the accepted sequence numbers; None accepts older galleries.
        audit_log: file that records every change of a gallery.
        origins: file or variable of each key that is set.
    """

    require_signature: bool = False
    trusted_keys: tuple[Path, ...] = ()
    revoked_keys: Path | None = None
    decryption_key: str | None = None
    signing_key: Path | None = None
    sequence_state: Path | None = None
    audit_log: Path | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def current(cls) -> "TrustPolicy":
        """The policy of the configuration files and the environment.

        Raises:
            DataError: a file cannot be read, a key is unknown, or a value is not as expected.
        """
        values = {key: found for key in TRUST_KEYS for found in [_winner(key)] if found is not None}
        paths = {
            key: _paths(found) for key, found in values.items() if key not in ("require-signature", "decryption-key")
        }
        return cls(
            require_signature=any(_truth(found) for found in _all("require-signature")),
            trusted_keys=paths.get("trusted-keys", ()),
            revoked_keys=_only(values, paths, "revoked-keys"),
            decryption_key=_text(values["decryption-key"]) if "decryption-key" in values else None,
            signing_key=_only(values, paths, "signing-key"),
            sequence_state=_only(values, paths, "sequence-state"),
            audit_log=_only(values, paths, "audit-log"),
            origins={key: found.origin for key, found in values.items()},
        )

    def requirements(self, min_sequence: int = 0) -> Requirements:
        """What a reader requires.

        Raises:
            DataError: a key file cannot be read.
        """
        source = self.decryption_key
        return Requirements(
            trusted=load_public_keys(self.trusted_keys) if self.trusted_keys else {},
            revoked=load_revoked_keys(self.revoked_keys) if self.revoked_keys else frozenset(),
            require_signature=self.require_signature,
            decryption_key=None if source is None else lambda: read_key(source),
            min_sequence=min_sequence,
        )

    def sealed(self, data: bytes, *, encrypt: bool, name: object) -> bytes:
        """A plain gallery file as it is written: encrypted if asked, and signed if there is a signing key.

        Args:
            data: the file.
            encrypt: whether it must be encrypted.
            name: of the file, for messages.

        Raises:
            DataError: a key is missing or cannot be read.
        """
        if encrypt:
            if self.decryption_key is None:
                raise DataError(f"{name}: it is encrypted, and there is no key to encrypt it again; nothing is written")
            data = encrypted(data, read_key(self.decryption_key))
        if self.signing_key is not None:
            return signed(data, load_signing_key(self.signing_key, passphrase_from_environment))
        if self.require_signature:
            raise DataError(
                f"{name}: the policy requires a signature ({self.origins.get('require-signature')}), and there is no "
                "'signing-key' to sign it; nothing is written"
            )
        return data


def _all(key: str) -> Iterator[ConfiguredValue]:
    """The values of a key, the one that wins first: of the system, the user, the folder, the environment."""
    for path in reversed(search_paths()):
        alone = LayeredConfiguration.read([path], {})
        for file in alone.files:
            for found in file.table([TRUST]):
                if found not in TRUST_KEYS:
                    near = did_you_mean(found, TRUST_KEYS)
                    raise DataError(f"{file.path}: unknown key '{found}' in [{TRUST}]{near}", path=file.path)
        value = alone.find([TRUST], key)
        if value is not None:
            yield value
    value = LayeredConfiguration().find([TRUST], key)
    if value is not None:
        yield value


def _winner(key: str) -> ConfiguredValue | None:
    return next(_all(key), None)


def _truth(found: ConfiguredValue) -> bool:
    value = _TRUTHS.get(found.value.lower()) if isinstance(found.value, str) else found.value
    if not isinstance(value, bool):
        raise DataError(f"{found.origin}: [{TRUST}] require-signature: expected true or false, found {found.value!r}")
    return value


def _text(found: ConfiguredValue) -> str:
    if not isinstance(found.value, str):
        raise DataError(f"{found.origin}: [{TRUST}]: expected a text, found {found.value!r}")
    return found.value


def _paths(found: ConfiguredValue) -> tuple[Path, ...]:
    """Paths relative to the folder of the file; in the environment they are separated by colons."""
    value: Any = found.value
    if isinstance(value, str):
        value = [value] if found.folder else value.split(":")
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise DataError(f"{found.origin}: [{TRUST}]: expected paths, found {found.value!r}")
    return tuple((found.folder or Path()) / Path(item).expanduser() for item in value)


def _only(values: Mapping[str, ConfiguredValue], paths: Mapping[str, tuple[Path, ...]], key: str) -> Path | None:
    found = paths.get(key)
    if found is not None and len(found) != 1:
        raise DataError(f"{values[key].origin}: [{TRUST}] {key}: expected one path, found {len(found)}")
    return found[0] if found else None
