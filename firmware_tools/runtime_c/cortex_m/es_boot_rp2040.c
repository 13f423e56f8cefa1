/* The first 256 bytes of an RP2040's flash: the boot ROM checks their CRC, copies them into memory and runs them. They let the
 * flash be read at 0x10000000 by the command 03h, which every serial flash has, and start the firmware behind them
 * (RP2040 datasheet, 2.8.1 and 4.10). The CRC in the last four bytes is set when the firmware was linked. */
__asm__(".section .boot, \"ax\", %progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        "es_boot:\n"
        "    ldr r0, 1f\n"      /* the serial interface of the flash */
        "    movs r1, #0\n"
        "    str r1, [r0, #8]\n"
        "    movs r1, #4\n"     /* a quarter of the processor's clock */
        "    str r1, [r0, #20]\n"
        "    ldr r1, 1f + 4\n"  /* a command, then 32 bits of data */
        "    str r1, [r0]\n"
        "    movs r1, #0\n"
        "    str r1, [r0, #4]\n"
        "    ldr r1, 1f + 8\n"  /* command 03h: 8 bits of it and 24 bits of address on one line */
        "    movs r2, #0xf4\n"
        "    str r1, [r0, r2]\n"
        "    movs r1, #1\n"
        "    str r1, [r0, #8]\n"
        "    ldr r0, 1f + 12\n" /* the firmware's vectors */
        "    ldr r1, 1f + 16\n"
        "    str r0, [r1]\n"
        "    ldmia r0!, {r1, r2}\n"
        "    msr msp, r1\n"
        "    bx r2\n"
        ".balign 4\n"
        "1:  .word 0x18000000, 0x001f0300, 0x03000218, 0x10000100, 0xe000ed08\n"
        "    .org es_boot + 252\n"
        "    .word 0\n"
        ".text\n");
