"""``edge-siamese gallery keygen``, ``sign``, ``verify``, ``encrypt`` and ``decrypt``."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH, note, summary
from .shared.options import json_option
from .shared.output import emit_json

if TYPE_CHECKING:
    from ..gallery.trust.policy import TrustPolicy

_SOURCE_HELP = "Where the key is: file:PATH, env:NAME, credential:NAME (systemd) or command:PROGRAM ARGUMENTS (TPM)."


@click.command()
@click.argument("path", metavar="KEY", type=PATH)
@click.option("--encryption", is_flag=True, help="A key for 'encrypt' instead of one for 'sign'.")
@click.option("--no-passphrase", is_flag=True, help="Do not protect the private key with a passphrase.")
@json_option
def keygen(path: Path, encryption: bool, no_passphrase: bool, as_json: bool) -> None:
    """Make a key pair for signatures: KEY, which stays secret, and KEY.pub, which goes to the boards.

    The passphrase is asked for, or taken from the environment variable EDGE_SIAMESE_PASSPHRASE.
    """
    from ..gallery.trust.key_source import generate_key
    from ..gallery.trust.keys import PUBLIC_SUFFIX, generate_signing_key

    if encryption:
        generate_key(path)
        body = {"key": str(path), "kind": "encryption", "public": None, "key_id": None}
    else:
        key_id = generate_signing_key(path, None if no_passphrase else _new_passphrase())
        body = {"key": str(path), "kind": "signing", "public": f"{path}{PUBLIC_SUFFIX}", "key_id": key_id}
    if as_json:
        emit_json("gallery-keygen", body)
    else:
        click.echo(
            f"{path}: the secret key" + ("" if encryption else f"; {body['public']}: the public key {body['key_id']}")
        )


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--key", type=PATH, required=True, help="The private key.")
@click.option("--keep", is_flag=True, help="Keep the signatures of other keys, for boards that trust only those.")
@json_option
def sign(path: Path, key: Path, keep: bool, as_json: bool) -> None:
    """Sign a GALLERY in place. Its content and sequence number do not change."""
    from ..gallery.container.signature import signed
    from ..gallery.trust.keys import load_signing_key

    private = load_signing_key(key, _passphrase)
    body = _rewritten(path, lambda data: signed(data, private, keep=keep))
    if as_json:
        emit_json("gallery-sign", body)
    else:
        click.echo(f"{path}: signed by {', '.join(body['signed_by'])}")


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--key", "keys", type=PATH, multiple=True, help="A trusted public key, or a folder of them.")
@click.option("--revoked", type=PATH, help="File with ids of revoked keys, one a line.")
@json_option
def verify(path: Path, keys: tuple[Path, ...], revoked: Path | None, as_json: bool) -> None:
    """Check that a trusted key signed the GALLERY; exit 2 if not.

    Without --key, the keys are those of the configuration's [trust].
    """
    from ..gallery.trust.opening import read_trusted
    from ..gallery.trust.policy import TrustPolicy

    policy = replace(TrustPolicy.current(), require_signature=True)
    if keys:
        policy = replace(policy, trusted_keys=keys)
    if revoked:
        policy = replace(policy, revoked_keys=revoked)
    if not policy.trusted_keys:
        raise click.UsageError("expected a trusted key with --key or in the configuration's [trust], found none")
    content = read_trusted(path, replace(policy, sequence_state=None))
    if as_json:
        emit_json("gallery-verify", {"gallery": str(path), "ok": True, "signed_by": list(content.signed_by)})
    else:
        click.echo(f"{path}: signed by {', '.join(content.signed_by)}")


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--key", "source", required=True, help=_SOURCE_HELP)
@json_option
def encrypt(path: Path, source: str, as_json: bool) -> None:
    """Encrypt a GALLERY in place with AES-256-GCM. Names, templates and metadata become unreadable without the key.

    The signature is dropped, because it is of other bytes: sign it again. Boards that read galleries in place from flash
    need plain ones; their flash encryption protects those.
    """
    from ..gallery.container.encryption import encrypted
    from ..gallery.trust.key_source import read_key

    key = read_key(source)
    body = _rewritten(path, lambda data: encrypted(data, key), source=source, expected=False)
    _report(path, body, "gallery-encrypt", "encrypted", as_json=as_json)


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--key", "source", required=True, help=_SOURCE_HELP)
@json_option
def decrypt(path: Path, source: str, as_json: bool) -> None:
    """Decrypt a GALLERY in place. The signature is dropped, because it is of other bytes."""
    from ..gallery.container.encryption import decrypted
    from ..gallery.trust.key_source import read_key

    key = read_key(source)
    body = _rewritten(path, lambda data: decrypted(data, key, str(path)), source=source, expected=True)
    _report(path, body, "gallery-decrypt", "plain", as_json=as_json)


def _report(path: Path, body: dict[str, Any], command: str, state: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(command, body)
    else:
        click.echo(f"{path}: {state}")
    note(f"{path}: it has no signature now")


def _rewritten(
    path: Path, change: Callable[[bytes], bytes], *, source: str | None = None, expected: bool | None = None
) -> dict[str, Any]:
    """Replace the bytes of a gallery file, which is checked before and after; the JSON fields of the new one.

    Args:
        path: the file.
        change: makes the new bytes.
        source: of the key, instead of the policy's.
        expected: whether it must be encrypted before.
    """
    from ..atomic import write_atomically
    from ..errors import DataError
    from ..gallery import Gallery
    from ..gallery.container.lock import locked
    from ..gallery.container.reader import parse
    from ..gallery.trust.policy import TrustPolicy

    requirements = _own_requirements(TrustPolicy.current(), source)
    with locked(path):
        data = _bytes_of(path)
        before = parse(data, str(path), requirements)
        if expected is not None and before.encrypted != expected:
            raise DataError(f"{path}: it is {'not encrypted' if expected else 'encrypted already'}", path=path)
        new = change(data)
        after = Gallery.of(parse(new, str(path), requirements))
        with write_atomically(path) as stream:
            stream.write(new)
    return summary(after) | {"encrypted": after.encrypted, "signed_by": list(after.signed_by)}


def _own_requirements(policy: "TrustPolicy", source: str | None) -> Any:
    """The policy's requirements for a file that is about to be signed: only its key matters."""
    replaced = replace(policy, decryption_key=source or policy.decryption_key, trusted_keys=(), require_signature=False)
    return replaced.requirements()


def _bytes_of(path: Path) -> bytes:
    from ..gallery.container.reader import map_file

    return bytes(map_file(path))


def _new_passphrase() -> str | None:
    from ..gallery.trust.keys import passphrase_from_environment

    return passphrase_from_environment() or click.prompt(
        "Passphrase of the new key", hide_input=True, confirmation_prompt=True, err=True
    )


def _passphrase() -> str | None:
    from ..gallery.trust.keys import passphrase_from_environment

    return passphrase_from_environment() or click.prompt("Passphrase of the key", hide_input=True, err=True)
