/* A bare program for an emulated Cortex-M board: runs a network on inputs that were loaded into memory, and writes its
 * outputs and the ticks of every run and step to a file of the host. */
#include <stdint.h>

#include "harness.h"

extern uint32_t stack_top, data_load, data_start, data_end, bss_start, bss_end;

#define SYSTICK ((volatile uint32_t *)0xE000E010)
#define CPACR (*(volatile uint32_t *)0xE000ED88)
#define RELOAD 0xFFFFFFu

static volatile uint32_t wraps;

static int32_t host(int32_t operation, const void *argument)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void leave(uint32_t code)
{
    uint32_t block[2] = {0x20026, code};
    host(0x20, block);
    for (;;) {
    }
}

static uint64_t ticks(void)
{
    uint32_t before, value;
    do {
        before = wraps;
        value = SYSTICK[2];
    } while (before != wraps);
    return (uint64_t)before * (RELOAD + 1) + RELOAD - value;
}

static void write_host(int32_t file, const void *data, uint32_t size)
{
    uint32_t block[3] = {(uint32_t)file, (uint32_t)data, size};
    if (host(5, block))
        leave(3);
}

static int32_t arena[(ARENA_SIZE + 3) / 4];
static uint64_t step_ticks[STEPS], step_began;

/* The network calls this behind every step. */
void board_after_step(uint32_t step);
void board_after_step(uint32_t step)
{
    uint64_t now = ticks();
    step_ticks[step] += now - step_began;
    step_began = now;
}

static void run_all(void)
{
    static const char name[] = "outputs.bin";
    uint32_t opening[3] = {(uint32_t)name, 5, sizeof name - 1};
    int32_t file = host(1, opening);
    const uint8_t *input = (const uint8_t *)INPUTS + 4;
    for (uint32_t left = *(const uint32_t *)INPUTS; left; left--) {
        input = load_inputs((int8_t *)arena, input);
        uint64_t began = step_began = ticks();
        run((int8_t *)arena);
        uint64_t took = ticks() - began;
        write_outputs((int8_t *)arena, write_host, file);
        write_host(file, &took, sizeof took);
    }
    write_host(file, step_ticks, sizeof step_ticks);
}

void reset(void)
{
    for (uint32_t *from = &data_load, *to = &data_start; to < &data_end;)
        *to++ = *from++;
    for (uint32_t *to = &bss_start; to < &bss_end;)
        *to++ = 0;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    SYSTICK[1] = RELOAD;
    SYSTICK[2] = 0;
    SYSTICK[0] = 7;
    while (!SYSTICK[2]) {
    }
    run_all();
    leave(0);
}

static void fault(void) { leave(99); }

static void tick(void) { wraps++; }

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, 0, 0, fault, tick};
