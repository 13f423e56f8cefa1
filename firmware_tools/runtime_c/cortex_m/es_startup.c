/* Start of a Cortex-M: memory, stack pattern, coprocessors, vectors. */
#include "es_app.h"
#include "es_stack.h"

extern uint32_t stack_bottom, stack_top, data_load, data_start, data_end, bss_start, bss_end;

#define VTOR (*(volatile const void *volatile *)0xE000ED08)
#define CPACR (*(volatile uint32_t *)0xE000ED88)

void reset(void);
void fault(void);
extern const void *const vectors[16];

uint32_t es_stack_size(void) { return 4 * (uint32_t)(&stack_top - &stack_bottom); }

uint32_t es_stack_used(void)
{
    const volatile uint32_t *word = &stack_bottom;
    while (word < &stack_top && *word == ES_STACK_PATTERN)
        word++;
    return 4 * (uint32_t)(&stack_top - word);
}

/* Fills the stack below this function. */
static void fill_stack(void)
{
    volatile uint32_t here = 0;
    for (volatile uint32_t *word = &stack_bottom; word < &here - 16; word++)
        *word = ES_STACK_PATTERN;
}

__attribute__((noreturn)) void es_board_stop(uint32_t code);

void reset(void)
{
    for (uint32_t *from = &data_load, *to = &data_start; to < &data_end;)
        *to++ = *from++;
    for (uint32_t *to = &bss_start; to < &bss_end;)
        *to++ = 0;
    VTOR = vectors;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    fill_stack();
    es_app_main();
    es_board_stop(0);
}

void fault(void) { es_board_stop(99); }

__attribute__((section(".vectors"), used)) const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, 0, 0, fault, fault};
