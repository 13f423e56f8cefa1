"""``edge-siamese firmware wrap``: a program as an image for MCUboot."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

_BYTES = click.IntRange(1, 2**31)


class _ByteSize(click.ParamType[int]):
    """A number of bytes, also as 0x1000."""

    name = "bytes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(str(value), 0)
        except ValueError:
            self.fail(f"expected a number of bytes such as 65536 or 0x10000, found '{value}'", param, ctx)
        return _BYTES.convert(number, param, ctx)


@click.command()
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), required=True, help="Private key of 'imgtool keygen'.")
@click.option("--version", required=True, help="Version of the firmware, such as 1.2.0; MCUboot rejects older ones.")
@click.option("--slot-size", type=_ByteSize(), required=True, help="Bytes of MCUboot's slots.")
@click.option(
    "--header-size", type=_ByteSize(), default=0x200, show_default=True, help="Bytes in front of the program."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The image to write.")
@json_option
def wrap(program: Path, key: Path, version: str, slot_size: int, header_size: int, output: Path, as_json: bool) -> None:
    """Wrap and sign PROGRAM, a firmware.bin, as an image for the boot loader MCUboot; needs imgtool.

    The program has to be linked to run behind the header. Projects of Zephyr do this themselves (sysbuild).
    """
    from edge_siamese.atomic import write_atomically
    from edge_siamese.errors import DataError

    from ..image.mcuboot import mcuboot_image

    try:
        data = program.read_bytes()
    except OSError as error:
        raise DataError(f"{program}: cannot be read ({error.strerror or error})", path=program) from error
    image = mcuboot_image(data, key, version, slot_size, header_size=header_size)
    with write_atomically(output) as stream:
        stream.write(image)
    if as_json:
        emit_json("firmware-wrap", {"output": str(output), "bytes": len(image), "version": version})
    else:
        click.echo(f"{output}: {len(image):,} of {slot_size:,} bytes, version {version}")
