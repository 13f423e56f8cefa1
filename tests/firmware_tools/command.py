"""The command line, called as a user does."""

from edge_siamese.cli.main import main


def run_command(*arguments: str) -> int:
    """Run ``edge-siamese`` with arguments; returns its exit code."""
    try:
        main(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
