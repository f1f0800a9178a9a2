"""``python -m plum_edge.cli`` is ``plum-edge``."""

import sys

from plum_edge.cli import main

sys.exit(main())
