"""The drop-in's WebSockets. The contract is `_core.pyi`; the methods are those of Litestar's class."""
