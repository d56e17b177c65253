"""How work is cut: by its size alone, never by threads, so that every run adds in the same order."""

# Elements that one thread works on at a time; three arrays of so many float32 fit a second-level cache.
CHUNK = 1 << 14

# Below so many elements a kernel gains nothing over NumPy's own loops, and a launch on all threads nothing over one.
LEAST = 1 << 14
SERIAL = 1 << 15
