"""The drop-in's requests. The contract is `_core.pyi`; the methods are those of Litestar's class."""
