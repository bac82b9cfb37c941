"""A client that writes into collections of its own, knows what has to be in them, and compares every answer."""

import base64
import json
import threading
import time

from crash.oracle import EVERYTHING, GROUPS, Filter, Row, State, differs, packed, rounded

METRICS = ("cosine", "dot", "euclidean")
DECLARED = ({"group": "text", "number": "number"}, {"group": "text", "number": "number", "odd": "flag"})
IDS = 3000
FULL = 2200
PAGE = 500


class Collection:
    """One collection: its state, and the one that a write without an answer may have made of it."""

    def __init__(self, name, metric, dims):
        self.name, self.metric, self.dims = name, metric, dims
        self.path = f"/api/collections/{name}"
        self.state = State()
        self.pending = None
        # Whether the write without an answer is made in steps: then a part of it may have been made.
        self.is_in_steps = False
        # Vectors that are in no row any more: a file must not keep them for ever.
        self.gone = set()
        self.was_damaged = False

    def possible(self):
        return [self.state] if self.pending is None else [self.state, self.pending]

    def between(self, listing):
        """The state that a deletion in steps has got to; None when the listing is none of these."""
        if not self.is_in_steps or self.pending is None or listing is None:
            return None
        rows = self.state.rows
        if not self.pending.rows.keys() <= listing.keys() <= rows.keys():
            return None
        state = State({key: rows[key] for key in listing}, self.state.attributes)
        return None if state.differs(listing) else state

    def become(self, state):
        """This is what it is from now on."""
        before = {row.vector for row in (self.state.rows or {}).values()}
        after = {row.vector for row in (state.rows or {}).values()}
        self.gone = (self.gone | before) - after
        self.state, self.pending = state, None


class Tally:
    """What all clients have done and seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}
        self.faults = []

    def add(self, name, count=1):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + count

    def fault(self, sentence):
        with self.lock:
            self.faults.append(sentence)


class Writer(threading.Thread):
    """Upserts, deletes, changes attributes, drops and searches, one after the other, until it is told to stop."""

    def __init__(self, server, tally, number, collections, chance, stopped):
        super().__init__(daemon=True)
        self.server, self.tally, self.number = server, tally, number
        self.chance, self.stopped = chance, stopped
        self.collections = [
            Collection(f"records-{number}-{i}", METRICS[(number + i) % 3], chance.choice((8, 16, 24, 32, 48)))
            for i in range(collections)]
        self.stamp = 0
        # The life of the server in which the state was last compared.
        self.settled = -1

    def run(self):
        collection, until = self.collections[0], 0.0
        while not self.stopped.is_set():
            if self.server.is_down:
                time.sleep(0.003)
                continue
            try:
                if self.settled != self.server.kills:
                    self.settle()
                # One collection at a time, so that the others rest and their files are written.
                if time.monotonic() > until:
                    collection = self.chance.choice(self.collections)
                    until = time.monotonic() + 3 * self.chance.random()
                self.act(collection)
            except ConnectionError:
                continue
            except Exception as error:  # An answer in an unexpected form is a fault of the server too.
                self.tally.fault(f"writer {self.number}: {error!r}")
                return
            time.sleep(0.02 * self.chance.random())

    # Calls

    def call(self, method, path, body=None):
        """Status and JSON of the answer.
        - Raises: ConnectionError when the front was killed meanwhile."""
        kills, was_down = self.server.kills, self.server.is_down
        try:
            status, answer = self.server.call(
                method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        except OSError as error:
            if not was_down and not self.server.is_down and kills == self.server.kills:
                self.tally.fault(f"{method} {path} failed though the front lived: {error!r}")
            self.tally.add("unanswered")
            raise ConnectionError from error
        if status == 503 and (self.server.is_down or kills != self.server.kills):
            # It was told to stop, and says so.
            raise ConnectionError
        return status, json.loads(answer)

    def write(self, collection, name, after, method, path, body, expected, is_in_steps=False):
        """Sends a write; what it leads to is the collection's state, or may be."""
        collection.pending, collection.is_in_steps = after, is_in_steps
        status, answer = self.call(method, path, body)
        if status in expected:
            self.tally.add(name)
            collection.become(after)
        else:
            self.tally.fault(f"{name} of {collection.name} answered {status}: {str(answer)[:300]}")
            collection.pending = None
        return answer

    # After a start

    def settle(self):
        """Finds out what became of the writes without an answer, and that nothing else has changed."""
        kills = self.server.kills
        for collection in self.collections:
            # How far a deletion in steps has come is known by the listing only.
            if self.chance.random() < 0.6 and not (collection.pending and collection.is_in_steps):
                self.search(collection)  # The first one opens the file, before anything else has looked at it.
            if collection.pending is not None or self.chance.random() < 0.3:
                self.compare(collection, with_vectors=self.chance.random() < 0.3)
        self.settled = kills

    def compare(self, collection, with_vectors):
        listing = self.listing(collection, with_vectors)
        wrong = [state.differs(listing) for state in collection.possible()]
        if None in wrong:
            self.tally.add("became whole" if wrong[0] else "stayed absent" if len(wrong) > 1 else "compared whole")
            collection.become(collection.possible()[wrong.index(None)])
            return
        if state := collection.between(listing):
            self.tally.add("made in part")
            collection.become(state)
            return
        self.tally.fault(f"{collection.name} after kill {self.server.kills}: {' / '.join(wrong)}")
        collection.become(State(None if listing is None else {
            key: Row(vector or collection.state.rows[key].vector, payload) for key, (payload, vector) in listing.items()
            if vector or key in (collection.state.rows or {})}, collection.state.attributes))

    def listing(self, collection, with_vectors):
        """The records as the server lists them: id → (payload, vector or None); None: there is no collection."""
        rows, cursor = {}, ""
        while cursor is not None:
            tail = f"&cursor={cursor}" if cursor else ""
            wanted = "true" if with_vectors else "false"
            status, page = self.call(
                "GET", f"{collection.path}/records?limit={PAGE}&include_vectors={wanted}{tail}")
            if status == 404:
                return None
            for row in page["items"]:
                rows[row["id"]] = (row["payload"], rounded(row["vector"]) if with_vectors else None)
            cursor = page.get("next_cursor")
        return rows

    # Writes

    def act(self, collection):
        if collection.state.rows is None:
            return self.create(collection)
        kinds = {"search": 8, "upsert": 5, "beside": 2, "remove": 2, "clear": 1, "attributes": 0.3, "drop": 0.05}
        if len(collection.state.rows) > FULL:
            kinds["clear"] = 20
        kind = self.chance.choices(list(kinds), list(kinds.values()))[0]
        return getattr(self, kind)(collection)

    def create(self, collection):
        attributes = self.chance.choice(DECLARED)
        body = {"name": collection.name, "metric": collection.metric, "attributes": attributes}
        if self.chance.random() < 0.5:
            body["dims"] = collection.dims
        self.write(collection, "created", State({}, attributes), "POST", "/api/collections", body, {201})

    def drop(self, collection):
        self.write(collection, "dropped", State(), "DELETE", collection.path, None, {200})

    def attributes(self, collection):
        after = collection.state.copy()
        after.attributes = self.chance.choice(DECLARED)
        self.write(
            collection, "attributes changed", after, "PATCH", collection.path, {"attributes": after.attributes}, {200})

    def batch(self, collection):
        """Records to write, and the state after."""
        after, records = collection.state.copy(), []
        keys = self.chance.sample(range(IDS), self.chance.choice((1, 3, 40, 150, 300)))
        for key in (f"r{key:04}" for key in keys):
            vector = rounded(self.chance.gauss(0, 1) for _ in range(collection.dims))
            if after.rows and self.chance.random() < 0.04:
                # Another one has the same: ties have to come by their ids.
                vector = after.rows[self.chance.choice(list(after.rows))].vector
            self.stamp += 1
            payload = {"stamp": self.stamp, "group": f"g{self.chance.randrange(GROUPS)}", "odd": self.stamp % 2 == 1}
            if self.chance.random() < 0.9:
                payload["number"] = self.chance.randrange(100)
            after.rows[key] = Row(vector, payload)
            sent = vector if self.chance.random() < 0.2 else base64.b64encode(packed(vector)).decode()
            records.append({"id": key, "vector": sent, "payload": payload})
        return after, records

    def upsert(self, collection):
        after, records = self.batch(collection)
        answer = self.write(
            collection, "upserts", after, "POST", f"{collection.path}/records", {"records": records}, {200})
        if answer.get("upserted") != len(records):
            self.tally.fault(f"an upsert of {len(records)} into {collection.name} answered {str(answer)[:300]}")

    def beside(self, collection):
        """Searches while an upsert is under way: the answer is that of before or after, nothing in between."""
        before = collection.state
        after, records = self.batch(collection)
        question = self.question(collection, collection.state)
        question["include_payloads"] = False
        seen = []

        def search():
            try:
                seen.append(self.call("POST", f"{collection.path}/query", question))
            except ConnectionError:
                pass

        beside = threading.Thread(target=search, daemon=True)
        beside.start()
        try:
            self.write(collection, "upserts", after, "POST", f"{collection.path}/records", {"records": records}, {200})
        finally:
            beside.join()
            for status, answer in seen:
                self.judge(collection, [before, after], question, EVERYTHING, status, answer, "beside an upsert")

    def remove(self, collection):
        """Deletes by ids, some of which are not there."""
        after = collection.state.copy()
        keys = [f"r{key:04}" for key in self.chance.sample(range(IDS), self.chance.choice((1, 20, 200)))]
        there = [key for key in keys if after.rows.pop(key, None)]
        self.delete(collection, after, {"ids": keys}, len(there))

    def clear(self, collection):
        """Deletes by a filter."""
        chosen = Filter.any(self.chance, collection.state.attributes)
        after = collection.state.copy()
        after.rows = {key: row for key, row in after.rows.items() if not chosen.passes(row.payload)}
        self.delete(
            collection, after, {"filter": chosen.words}, len(collection.state.rows) - len(after.rows),
            is_in_steps=True)

    def delete(self, collection, after, body, count, is_in_steps=False):
        answer = self.write(
            collection, "deletions", after, "POST", f"{collection.path}/records/delete", body, {200}, is_in_steps)
        self.tally.add("deleted records", count)
        if answer.get("deleted") != count:
            self.tally.fault(f"a deletion from {collection.name} answered {str(answer)[:200]}, not {count}")

    # Searches

    def question(self, collection, state):
        """A query by a vector, sometimes close to a record."""
        vector = [self.chance.gauss(0, 1) for _ in range(collection.dims)]
        if state.rows and self.chance.random() < 0.5:
            near = state.rows[self.chance.choice(list(state.rows))].vector
            vector = [x + 0.2 * y for x, y in zip(near, vector)]
        return {"vector": rounded(vector), "k": self.chance.choice((1, 5, 10, 10, 60, 3000)),
                "exact": self.chance.random() < 0.2}

    def search(self, collection):
        """One of the questions that can be asked; also of a collection that is not settled yet."""
        states = collection.possible()
        attributes = {key for key in states[0].attributes if all(key in state.attributes for state in states)}
        chosen = EVERYTHING
        if attributes and self.chance.random() < 0.5:
            chosen = Filter.any(self.chance, attributes)
        if self.chance.random() < 0.15:
            return self.count(collection, states, chosen)
        question = self.question(collection, states[0])
        if chosen.words is not None:
            question["filter"] = chosen.words
        stored = [key for key in (states[0].rows or {}) if all(
            state.rows and key in state.rows and state.rows[key] is states[0].rows[key] for state in states)]
        if stored and self.chance.random() < 0.3:
            del question["vector"]
            question["id"] = self.chance.choice(stored)
        status, answer = self.call("POST", f"{collection.path}/query", question)
        self.judge(collection, states, question, chosen, status, answer, f"after kill {self.server.kills}")
        return None

    def judge(self, collection, states, question, chosen, status, answer, when):
        self.tally.add("searches")
        if status != 200:
            if not (status == 404 and any(state.rows is None for state in states)):
                self.tally.fault(f"a search in {collection.name} {when} answered {status}: {str(answer)[:300]}")
            return
        query = question.get("vector") or states[0].rows[question["id"]].vector
        result, metric = answer["results"][0], collection.metric
        wrong = [differs(result, state, metric, query, question["k"], chosen) for state in states]
        if None not in wrong:
            asked = {key: value for key, value in question.items() if key != "vector"}
            self.tally.fault(f"a search in {collection.name} ({metric}) {when}, {asked}: {' / '.join(wrong)}")

    def count(self, collection, states, chosen):
        status, answer = self.call("POST", f"{collection.path}/count", {"filter": chosen.words} if chosen.words else {})
        self.tally.add("counts")
        expected = [
            (404, None) if state.rows is None else
            (200, sum(1 for row in state.rows.values() if chosen.passes(row.payload))) for state in states]
        if (status, answer.get("count")) not in expected:
            self.tally.fault(f"the count of {collection.name} is {status} {str(answer)[:200]}, not {expected}")
