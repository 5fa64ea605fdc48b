"""The fallback: each kernel of `litecon._native` in plain Python, by the same names."""
