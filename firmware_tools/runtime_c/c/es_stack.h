/* The stack's high-water mark: the start-up code fills the stack with a pattern, and what is gone was used. */
#ifndef ES_STACK_H
#define ES_STACK_H

#include <stdint.h>

#define ES_STACK_PATTERN 0x5AA5C33Cu

uint32_t es_stack_size(void);
uint32_t es_stack_used(void);

#endif
