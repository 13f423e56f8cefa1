"""How good embeddings are, as numbers: verification, identification, one-shot learning, strangers.

Everything takes a `scoring.Score`, a function of image numbers to a score matrix, so that a distance and a learned head
are judged alike. Images of it are in `looking`, the page in `reports`.
"""
