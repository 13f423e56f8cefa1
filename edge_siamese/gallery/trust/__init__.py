"""Trust in gallery files: keys, signatures, encryption, sequence numbers, and the policy that says what is required."""
