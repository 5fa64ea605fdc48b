"""Has no names of its own: what it makes is what the methods of `litestar_websocket` return."""
