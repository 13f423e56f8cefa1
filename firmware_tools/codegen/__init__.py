"""Code generator: int8 .tflite to C99 for microcontrollers."""
