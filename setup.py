"""The one compiled piece: on Linux a small library that lets MLX use OpenBLAS (see plum_edge/backends/_blas.c).

Optional: without a compiler the install still works, and `plum-edge doctor` says that training is slow and why.
"""

import sys

from setuptools import Extension, setup

extensions = [Extension("plum_edge.backends._blas", ["plum_edge/backends/_blas.c"], optional=True)]
setup(ext_modules=extensions if sys.platform.startswith("linux") else [])
