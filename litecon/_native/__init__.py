"""The compiled kernels. They load together or not at all: see `litecon._core`."""
