import pytest

pytest.importorskip("tensorflow", reason="the converter's tests need TensorFlow (the extra 'converter')")
