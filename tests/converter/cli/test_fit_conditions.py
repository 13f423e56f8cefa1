"""``fit-conditions``: errors of its arguments; the fit itself is tested in ``tasks/quality``."""

from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.cli.fit_conditions import fit_conditions


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"faces\.csv\.gz: not found"):
        fit_conditions.main([str(tmp_path)], standalone_mode=False)
