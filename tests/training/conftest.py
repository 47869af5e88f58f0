"""What is trained here is as small as what is scored."""

from tests.scoring.conftest import single_thread, spec

__all__ = ["single_thread", "spec"]
