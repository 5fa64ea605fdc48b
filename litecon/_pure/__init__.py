"""The pure side: each kernel of `litecon._native` in plain Python, under the same names."""
