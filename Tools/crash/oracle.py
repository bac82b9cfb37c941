"""What a collection of vectors has to be, and what a search in it has to find: plain arithmetic over its rows."""

import array
import itertools
import math
import operator

GROUPS = 8
# float32 against Python's doubles: of the sum of the products' sizes.
TOLERANCE = 4e-6


def rounded(vector):
    """The vector as float32 keeps it."""
    return tuple(array.array("f", vector))


def packed(vector):
    """Little-endian float32."""
    return array.array("f", vector).tobytes()


def dot(first, second):
    return sum(map(operator.mul, first, second))


class Row:
    __slots__ = ("vector", "payload", "length")

    def __init__(self, vector, payload):
        self.vector, self.payload = vector, payload
        self.length = math.sqrt(dot(vector, vector))


class State:
    """A collection as it is, or would be after a write; `rows` is None when there is none."""

    def __init__(self, rows=None, attributes=None):
        self.rows, self.attributes = rows, attributes or {}

    def copy(self):
        return State(None if self.rows is None else dict(self.rows), self.attributes)

    def differs(self, listing):
        """What is wrong with a listing (id → (payload, vector or None), or None), in words; None: nothing."""
        if self.rows is None or listing is None:
            return None if self.rows is listing else f"it is {'there' if self.rows is None else 'gone'}"
        missing, added = self.rows.keys() - listing.keys(), listing.keys() - self.rows.keys()
        if missing or added:
            return (f"{len(missing)} of {len(self.rows)} records are missing {sorted(missing)[:3]}, "
                    f"{len(added)} should not be there {sorted(added)[:3]}")
        other = [key for key, (payload, vector) in listing.items()
                 if payload != self.rows[key].payload or vector is not None and vector != self.rows[key].vector]
        return f"{len(other)} of {len(self.rows)} records are others {sorted(other)[:3]}" if other else None


class Filter:
    """A filter in Hearth's words, and the same as a function of a payload."""

    def __init__(self, words, passes):
        self.words, self.passes = words, passes

    @staticmethod
    def any(chance, attributes):
        """One of many kinds over what is declared."""
        group, low = f"g{chance.randrange(GROUPS)}", chance.randrange(100)
        high = low + chance.randrange(1, 60)
        some = [f"g{chance.randrange(GROUPS)}" for _ in range(3)]
        filters = [
            Filter({"group": group}, lambda p: p["group"] == group),
            Filter({"group": {"in": some}}, lambda p: p["group"] in some),
            Filter({"group": {"ne": group}}, lambda p: p["group"] != group),
            Filter({"number": {"gte": low, "lt": high}}, lambda p: low <= p.get("number", -1) < high),
            Filter({"number": {"exists": False}}, lambda p: "number" not in p),
            Filter({"or": [{"group": group}, {"number": low}]},
                   lambda p: p["group"] == group or p.get("number") == low),
            Filter({"not": {"number": {"lt": high}}, "group": {"nin": some}},
                   lambda p: not p.get("number", high) < high and p["group"] not in some),
            Filter({"group": "nowhere"}, lambda p: False),
        ]
        if "odd" in attributes:
            filters.append(Filter({"odd": True, "group": {"in": some}}, lambda p: p["odd"] and p["group"] in some))
        return chance.choice(filters)


EVERYTHING = Filter(None, lambda payload: True)


def score(metric, query, length, row):
    """The score, and how far float32 may be from it."""
    product, sizes = dot(query, row.vector), length * row.length
    if metric == "cosine":
        return product / sizes, TOLERANCE
    if metric == "dot":
        return product, TOLERANCE * sizes
    squares = length * length + row.length * row.length
    return 2 * product - squares, TOLERANCE * (squares + 2 * sizes)


def differs(answer, state, metric, query, k, chosen):
    """What is wrong with an answer to a query, in words; None: nothing.

    - Parameter answer: `{"matches": [{"id", "score", …}], "compared": …}`.
    """
    if state.rows is None:
        return "there is no such collection"
    rows = {key: row for key, row in state.rows.items() if chosen.passes(row.payload)}
    matches = answer["matches"]
    if answer["compared"] != len(rows):
        return f"compared {answer['compared']} of {len(rows)}"
    if len(matches) != min(k, len(rows)):
        return f"{len(matches)} matches, not {min(k, len(rows))}"
    length = math.sqrt(dot(query, query))
    scores = {key: score(metric, query, length, row) for key, row in rows.items()}
    found = set()
    for match in matches:
        key = match["id"]
        if key not in rows or key in found:
            return f"{key} must not be among the matches" if key not in rows else f"{key} is there twice"
        found.add(key)
        expected, tolerance = scores[key]
        if abs(match["score"] - expected) > tolerance:
            return f"{key} has the score {match['score']}, not {expected}"
        if match.get("payload", rows[key].payload) != rows[key].payload:
            return f"{key} comes with another payload"
    for first, second in itertools.pairwise(matches):
        if (-first["score"], first["id"]) >= (-second["score"], second["id"]):
            return f"{first['id']} stands in front of {second['id']}"
    return left_out(rows, scores, found, matches[-1] if matches else None)


def left_out(rows, scores, found, last):
    """Whether a row that was not found is closer than the last one that was, or as close with a smaller id."""
    for key in rows.keys() - found:
        expected, tolerance = scores[key]
        if last is None or expected - tolerance > last["score"] + scores[last["id"]][1]:
            return f"{key} is missing, with the score {expected}; the last has {last and last['score']}"
        if rows[key].vector == rows[last["id"]].vector and key < last["id"]:
            return f"{key} is missing, which is the same vector as {last['id']}"
    return None
