"""Floor 0: devices, dtypes, array namespaces, random bits, threads and memory."""
