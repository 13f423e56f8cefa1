#pragma once
void __attribute__((noreturn)) esp_system_abort(const char *details);
