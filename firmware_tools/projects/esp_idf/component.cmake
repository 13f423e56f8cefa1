file(GLOB sources "${CMAKE_CURRENT_LIST_DIR}/*.c")
idf_component_register(SRCS ${sources} INCLUDE_DIRS "." REQUIRES esp_partition esp_driver_uart)
target_compile_options(${COMPONENT_LIB} PRIVATE -O2 -fno-strict-aliasing)
