"""A Litestar application that uses every feature, and its answers with and without the plugin."""
