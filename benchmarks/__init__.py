"""How fast it is on the board in hand: raw samples, median, p90 and p99, with everything they depend on stated."""
