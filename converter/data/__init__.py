"""Loading, preparing and splitting of training images."""
