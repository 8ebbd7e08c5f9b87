"""The engine contract as tests. Every engine runs them::

    class TestMine(EngineSuite):
        @pytest.fixture
        def place(self, tmp_path):
            return MyPlace(tmp_path)  # an EnginePlace

Beside ``EngineSuite`` there are ``SharedSuite``, for engines that several processes may have open at once, and
``DamageSuite``, for engines whose stored bytes can be damaged from outside.
"""

from bushel.testing.engine_blobs import BlobSuite, DamageSuite
from bushel.testing.engine_pairs import PairSuite
from bushel.testing.engine_recovery import ClosedSuite, RecoverySuite, SharedSuite
from bushel.testing.engine_rows import PartitionSuite, RowSuite
from bushel.testing.engine_scans import JournalSuite, ModelSuite, ScanSuite


class EngineSuite(
    RowSuite, PairSuite, PartitionSuite, ScanSuite, ModelSuite, JournalSuite, BlobSuite, RecoverySuite, ClosedSuite
):
    """What every engine keeps."""


__all__ = ["DamageSuite", "EngineSuite", "SharedSuite"]
