"""Millions of instructions of one run of each network, as `edge-siamese bench arm` counted them (docs/arm.md)."""

COUNTED = {
    "detector-small": {"a53": 16.122, "a72": 16.733, "a76": 7.911},
    "detector": {"a53": 44.727, "a72": 46.422, "a76": 21.919},
    "embedder-small": {"a53": 7.298, "a72": 7.028, "a76": 3.382},
    "embedder-tiny": {"a53": 18.643, "a72": 15.781, "a76": 6.068},
    "embedder": {"a53": 68.444, "a72": 53.045, "a76": 18.570},
}
PEER = {"a53": 88.727, "a72": 75.360, "a76": 36.768}
