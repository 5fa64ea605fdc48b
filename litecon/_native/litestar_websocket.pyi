"""The drop-in's WebSockets. The contract is `_core.pyi`; what the methods are of is Litestar's."""
