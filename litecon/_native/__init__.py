"""The compiled kernels. They load together or not at all: see `litecon._core`.

Most modules have a twin of the same name in `litecon._pure`. The operations of `messages` are coroutines in its
`websocket`; what `traits` determines once for each class, which attributes a subclass overrides, its methods check in
each call. Only this side has the drop-in's kernels, `litestar_*`, and `interpreted`, coroutines that Cython would
compile badly.
"""
