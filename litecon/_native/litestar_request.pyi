"""The drop-in's requests. The contract is `_core.pyi`; what the methods are of is Litestar's."""
