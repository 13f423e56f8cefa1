#pragma once
struct k_thread;
struct k_thread *k_current_get(void);
void k_yield(void);
int k_thread_stack_space_get(const struct k_thread *thread, size_t *unused);
