"""The workstation side of edge-siamese: train a twin network, quantise it to int8, prove what that cost."""
