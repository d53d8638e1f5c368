"""GPT-2's arithmetic for the CPU in C: the sources, how they are compiled, and the way into the library.

No torch and no Qt in here. Nothing in the app waits for a compiler: `build.py` is run by the set-up and when
the app is packaged, and `library.py` takes what is there.
"""
