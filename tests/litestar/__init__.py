"""A Litestar application that uses everything, and what it answers with and without the plugin."""
