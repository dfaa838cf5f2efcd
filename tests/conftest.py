"""Every test meets the same cases every time, on every machine."""

import contextlib

import hypothesis

hypothesis.settings.register_profile("same", derandomize=True, database=None)
hypothesis.settings.load_profile("same")

with contextlib.suppress(ImportError):
    from hypothesis.internal.conjecture import providers

    if hasattr(providers, "_local_constants"):
        # It draws numbers that it has read in our own modules, those imported so far: cases would change with every line of them.
        nothing = type(providers._local_constants)()
        providers._get_local_constants = lambda: nothing
