import HearthCore

import struct Foundation.Data

extension StoreContract {
    static let statements = [
        Promise("each kind of constraint is told apart", check: namesConstraints),
        Promise("values come back as they went in", check: keepsValues),
        Promise("text with NUL is refused, not cut short", check: refusesNUL),
        Promise("RETURNING gives the rows that were written", check: returnsRows),
        Promise("a statement tells how many rows it changed", check: countsChanges),
        Promise("what refers to a deleted row goes with it", check: cascades),
        Promise("numbers that the store counts rise and are never used again", check: countsUp),
        Promise("a broken statement is an internal error that shows nothing of the store", check: hidesDetails),
    ]

    private static func namesConstraints(_ store: any Store) async throws {
        try await makeTable(store)
        _ = try await store.write { db in
            try db.execute(
                """
                CREATE TABLE parts (id BIGINT PRIMARY KEY, label TEXT UNIQUE, item TEXT REFERENCES items (name),
                  note TEXT NOT NULL)
                """)
            try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1)")
            try db.execute("INSERT INTO parts (id, label, item, note) VALUES (1, 'one', 'a', '')")
        }
        let refused: [(SQL, StoreConstraintError.Kind)] = [
            ("INSERT INTO items (name, amount) VALUES ('a', 1)", .unique),
            ("INSERT INTO parts (id, label, item, note) VALUES (2, 'one', 'a', '')", .unique),
            ("INSERT INTO parts (id, label, item, note) VALUES (2, 'two', 'z', '')", .foreignKey),
            ("DELETE FROM items", .foreignKey),
            ("INSERT INTO items (name, amount) VALUES ('b', -1)", .check),
            ("INSERT INTO parts (id, label, item) VALUES (2, 'two', 'a')", .check),
        ]
        for (sql, kind) in refused {
            do {
                try await store.run(sql)
                try promise(false, "refused: \(sql.text)")
            } catch let error as StoreConstraintError {
                try promise(error.kind, is: kind, sql.text)
                try promise(!error.detail.isEmpty, "the database's own words are kept")
            }
        }
    }

    private static func keepsValues(_ store: any Store) async throws {
        _ = try await store.write { db in
            try db.execute(
                """
                CREATE TABLE kept (id BIGINT PRIMARY KEY, whole BIGINT, fraction DOUBLE PRECISION, words TEXT,
                  bytes \(verbatim: db.dialect.blob))
                """)
        }
        let allBytes = Data((0...255).map { UInt8($0) })
        let rows: [[SQLValue]] = [
            [.null, .null, .null, .null],
            [.integer(.min), .real(-0.5), .text(""), .blob(Data())],
            [.integer(.max), .real(.greatestFiniteMagnitude), .text("it's \"quoted\" ? ; --"), .blob(allBytes)],
            [.integer(0), .real(.leastNonzeroMagnitude), .text("é ß 漢 👩‍👩‍👧 \u{1}\n"), .blob(Data([0]))],
            [.integer(-1), .real(0.1), .text("NULL"), .blob(Data(repeating: 7, count: 1 << 20))],
        ]
        let columns = ["whole", "fraction", "words", "bytes"]
        for (id, values) in rows.enumerated() {
            let returned = try await store.write { db in
                try db.query(
                    """
                    INSERT INTO kept (id, whole, fraction, words, bytes)
                    VALUES (\(id), \(values[0]), \(values[1]), \(values[2]), \(values[3])) RETURNING *
                    """)
            }
            try promise(returned.map { row in columns.map { row[$0] } }, is: [values], "the row that was written")
            let read = try await store.read { db in
                try db.query(
                    "SELECT * FROM kept WHERE id = \(id) AND (words = \(values[2]) OR words IS NULL)")
            }
            try promise(read.map { row in columns.map { row[$0] } }, is: [values], "the row that is read again")
        }
        let absent = try await store.read { db in try db.query("SELECT id FROM kept").first?["nothing"] }
        try promise(absent, is: .null, "a column that the result does not have")
    }

    private static func refusesNUL(_ store: any Store) async throws {
        try await makeTable(store)
        try await store.run("INSERT INTO items (name, amount) VALUES ('a', 1)")
        try await promiseRefusal(.invalidRequest, "writing NUL") {
            _ = try await store.write { db in
                try db.execute("INSERT INTO items (name, amount) VALUES (\("b\0c"), 1)")
            }
        }
        try await promiseRefusal(.invalidRequest, "looking for NUL") {
            _ = try await store.read { db in try db.query("SELECT * FROM items WHERE name = \("a\0")") }
        }
        try promise(try await names(store), is: ["a"], "rows")
    }

    private static func returnsRows(_ store: any Store) async throws {
        try await makeTable(store)
        let amounts = try await store.write { db in
            try [2, 3].map { amount in
                try db.value(
                    """
                    INSERT INTO items (name, amount) VALUES ('a', \(amount))
                    ON CONFLICT (name) DO UPDATE SET amount = items.amount + excluded.amount RETURNING amount
                    """, as: Int.self)
            }
        }
        try promise(amounts, is: [2, 5], "amounts of an insert and of an update")
        let updated = try await store.write { db in
            try db.execute("INSERT INTO items (name, amount) VALUES ('b', 1), ('c', 1)")
            return try db.values(
                "UPDATE items SET amount = amount * 10 WHERE amount = 1 RETURNING name", as: String.self)
        }
        try promise(Set(updated), is: ["b", "c"], "rows that were updated")
        let none = try await store.write { db in
            try db.query("UPDATE items SET amount = 0 WHERE name = 'z' RETURNING name").count
        }
        try promise(none, is: 0, "rows of an update that found none")
        let sum = try await store.read { db in try db.value("SELECT SUM(amount) FROM items", as: Int.self) }
        try promise(sum, is: 25, "each statement ran once")
    }

    private static func countsChanges(_ store: any Store) async throws {
        try await makeTable(store)
        let counts = try await store.write { db in
            [
                try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1), ('b', 2), ('c', 3)"),
                try db.execute("UPDATE items SET amount = 0 WHERE amount > 1"),
                try db.execute("UPDATE items SET amount = 0 WHERE amount > 1"),
                try db.execute("DELETE FROM items"),
            ]
        }
        try promise(counts, is: [3, 2, 0, 3], "changed rows")
    }

    private static func cascades(_ store: any Store) async throws {
        try await makeTable(store)
        _ = try await store.write { db in
            try db.execute("CREATE TABLE parts (item TEXT NOT NULL REFERENCES items (name) ON DELETE CASCADE)")
            try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1), ('b', 1)")
            try db.execute("INSERT INTO parts (item) VALUES ('a'), ('a'), ('b')")
            try db.execute("DELETE FROM items WHERE name = 'a'")
        }
        let left = try await store.read { db in try db.values("SELECT item FROM parts", as: String.self) }
        try promise(left, is: ["b"], "what refers to a row that is left")
    }

    private static func countsUp(_ store: any Store) async throws {
        _ = try await store.write { db in
            try db.execute("CREATE TABLE lines (position \(verbatim: db.dialect.serialKey), word TEXT NOT NULL)")
        }
        let insert: SQL = "INSERT INTO lines (word) VALUES ('x') RETURNING position"
        let first = try await store.write { db in
            try (0..<3).compactMap { _ in try db.value(insert, as: Int.self) }
        }
        try promise(first, is: [1, 2, 3], "positions")
        let later = try await store.write { db in
            try db.execute("DELETE FROM lines")
            return try db.value(insert, as: Int.self)
        }
        try promise(later, is: 4, "a position after a removal")
    }

    private static func hidesDetails(_ store: any Store) async throws {
        try await promiseRefusal(.internalError, "a table that is not there") {
            try await store.run("INSERT INTO secrets (word) VALUES ('x')")
        }
        do {
            _ = try await store.read { db in try db.query("SELEC secret") }
            try promise(false, "refused: no SQL")
        } catch let error as HearthError {
            try promise(!error.description.contains("SELEC"), "the message shows no SQL: \(error)")
            try promise(error.cause != nil, "the cause is kept for the log")
        }
    }
}
