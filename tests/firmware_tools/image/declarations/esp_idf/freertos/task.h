#pragma once
#define tskIDLE_PRIORITY ((UBaseType_t)0)
int xTaskCreate(void (*task)(void *), const char *name, uint32_t stack, void *user, UBaseType_t priority, void *handle);
void vTaskDelete(void *task);
void vTaskDelay(TickType_t ticks);
TickType_t xTaskGetTickCount(void);
UBaseType_t uxTaskGetStackHighWaterMark(void *task);
