"""Requests and messages inside a Litestar app, with the drop-in and without it."""
