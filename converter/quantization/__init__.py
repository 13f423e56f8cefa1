"""From a float Keras network to int8 TFLite, and the proof of what that cost."""
