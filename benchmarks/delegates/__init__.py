"""`bench delegates`: the same networks on every way to run them, with the agreement of their outputs beside each speed."""
