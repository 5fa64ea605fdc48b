"""What the kernels of both sides share, and the classes above them: plain Python that exists once.

A module has the name of the kernels that use it, but `loops`, which several do, and `generics`, which is of the
classes. None of them imports a kernel.
"""
