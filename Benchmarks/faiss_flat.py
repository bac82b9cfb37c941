"""FAISS's exact search over float32 vectors on one thread, for a comparison in the same run.

    faiss_flat.py FILE DIMS QUERIES

FILE holds float32 rows of DIMS components, the last QUERIES of them queries. Prints `ready`, then answers each line,
the number of a query, with the milliseconds of its search and the ten rows that it found.
"""

import sys
import time

import faiss
import numpy as np

file, dims, queries = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = np.fromfile(file, np.float32).reshape(-1, dims)
asked = rows[-queries:].copy()
faiss.omp_set_num_threads(1)
index = faiss.IndexFlatIP(dims)
index.add(rows[:-queries])
del rows
print("ready", flush=True)
for line in sys.stdin:
    query = asked[int(line) : int(line) + 1]
    start = time.perf_counter()
    _, found = index.search(query, 10)
    elapsed = time.perf_counter() - start
    print(f"{elapsed * 1e3:.4f}", *found[0], flush=True)
