"""The kernels of both sides, in one process."""
