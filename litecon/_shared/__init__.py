"""Plain Python that the kernels of both sides share with each other and with the classes above them.

Each module is named after the kernels that use it, except `loops`, which several use, and `generics`, which the classes
use. None of them imports a kernel.
"""
