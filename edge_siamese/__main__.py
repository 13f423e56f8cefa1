"""Entry point of ``python -m edge_siamese``."""

from .cli.main import main

if __name__ == "__main__":
    main()
