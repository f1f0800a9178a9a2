"""Makes the package importable from the checkout: the recipe uses its records, and nothing of its phrases (frozen/)."""

from __future__ import annotations

import sys
from pathlib import Path

TRAIN_FOLDER = Path(__file__).resolve().parent
MODEL_FOLDER = TRAIN_FOLDER.parent
ROOT = TRAIN_FOLDER.parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
