"""A C compiler reads from the generated files what Python wrote."""

import shutil
import subprocess
from pathlib import Path

import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.layout import RECORDS
from edge_siamese_firmware.gallery_image.c_header import format_header
from edge_siamese_firmware.gallery_image.images import c_header, c_source

COMPILER = shutil.which("gcc") or shutil.which("cc")
PROGRAM = r"""
#include "esg_format.h"
#include "gallery.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const unsigned char *base = edge_siamese_gallery;
    const struct esg_header *header = (const struct esg_header *)base;
    printf("aligned %d\n", (int)((uintptr_t)base % ESG_ALIGNMENT == 0));
    printf("magic %d\n", memcmp(header->magic, ESG_MAGIC, 4));
    printf("header %u %u %d %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", (unsigned)header->version, (unsigned)header->dimension,
           (int)header->zero_point, header->identities, header->templates, header->sequence);
    printf("digest ");
    for (size_t i = 0; i < sizeof header->embedder_digest; i++)
        printf("%02x", header->embedder_digest[i]);
    printf("\n");
    uint32_t offset = sizeof *header, end = offset + header->payload_length;
    while (offset < end) {
        const struct esg_section *section = (const struct esg_section *)(base + offset);
        const unsigned char *value = base + offset + sizeof *section;
        if (section->type == ESG_IDENTITIES) {
            const struct esg_identity *identity = (const struct esg_identity *)value;
            for (uint32_t i = 0; i < header->identities; i++)
                printf("name %s\n", (const char *)value + identity[i].name_offset);
        } else if (section->type == ESG_TEMPLATES) {
            const int8_t *templates = (const int8_t *)value;
            printf("last %d\n", templates[header->templates * header->dimension - 1]);
        } else if (section->type == ESG_IDENTITY_INDEX) {
            for (uint32_t i = 0; i < header->templates; i++)
                printf("owner %" PRIu32 "\n", ((const uint32_t *)value)[i]);
        } else if (section->type == ESG_SQUARED_NORMS) {
            printf("norm %" PRIu32 "\n", ((const uint32_t *)value)[0]);
        } else if (section->type == ESG_OPERATING_POINTS) {
            const struct esg_operating_point *point = (const struct esg_operating_point *)value;
            printf("point %g %d %" PRIu64 " %" PRIu32 " %02x\n", point->target_fmr, (int)point->threshold,
                   point->impostor_pairs, point->people, point->dataset_digest[31]);
        }
        offset += ESG_SECTION_STRIDE(section->length);
    }
    printf("end %d\n", (int)(offset == end && end == EDGE_SIAMESE_GALLERY_SIZE));
    return 0;
}
"""


@pytest.mark.skipif(COMPILER is None, reason="no C compiler (gcc or cc) is installed")
def test_a_c_program_reads_what_python_wrote(gallery_file: Path, tmp_path: Path) -> None:
    data = gallery_file.read_bytes()
    files = {
        "esg_format.h": format_header(),
        "gallery.h": c_header(len(data)),
        "gallery.c": c_source(data),
        "main.c": PROGRAM,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    built = subprocess.run(
        [str(COMPILER), *flags, "main.c", "gallery.c", "-o", "read"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    said = subprocess.run([str(tmp_path / "read")], check=True, capture_output=True, text=True).stdout.splitlines()
    gallery = Gallery.open(gallery_file)
    norm = int(((gallery.templates[0].astype(int) + 3) ** 2).sum())
    assert said == [
        "aligned 1",
        "magic 0",
        "header 1 8 -3 2 3 7",
        f"digest {bytes(range(16)).hex()}",
        "name Zoë",
        "name anna",
        f"last {gallery.templates[-1, -1]}",
        *(f"owner {owner}" for owner in gallery.identity_index),
        f"norm {norm}",
        f"point 0.001 -12345 {2**40} 99 5a",
        "end 1",
    ]


def test_the_header_names_every_field() -> None:
    text = format_header()
    for record in RECORDS:
        for offset, field in record.placed():
            assert f"offsetof(struct esg_{record.name}, {field.name}) == {offset}" in text
