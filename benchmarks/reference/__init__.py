"""Regression check: durations of the stages as multiples of a calibration workload, against those measured earlier."""
