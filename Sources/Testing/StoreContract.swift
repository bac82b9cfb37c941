package import HearthCore

/// What every ``Store`` promises; each promise wants a store without tables.
package enum StoreContract {
    package typealias Promise = ContractPromise<any Store>

    /// All of them.
    package static let promises: [Promise] = transactions + statements

    static let transactions = [
        Promise("what a write has committed is seen by the next read", check: seesCommitted),
        Promise("a write that throws leaves nothing", check: rollsBack),
        Promise("a member of a group that fails leaves the others", check: groupsApart),
        Promise("many writers at once lose no update", check: losesNoUpdate),
        Promise("a read sees one moment of the store", check: readsSnapshot),
        Promise("what follows a commit runs after it, and never after a rollback", check: afterCommit),
        Promise("of what follows a commit for one owner one action runs", check: afterCommitOnce),
        Promise("a refused statement can be caught, and the write goes on", check: goesOnAfterRefusal),
    ]

    private struct Refusal: Error {}

    static func makeTable(_ store: any Store) async throws {
        _ = try await store.write { db in
            try db.execute("CREATE TABLE items (name TEXT PRIMARY KEY, amount BIGINT NOT NULL CHECK (amount >= 0))")
        }
    }

    static func names(_ store: any Store) async throws -> [String] {
        try await store.read { db in try db.values("SELECT name FROM items ORDER BY name", as: String.self) }
    }

    private static func seesCommitted(_ store: any Store) async throws {
        try await makeTable(store)
        for amount in 0..<50 {
            _ = try await store.write { db in
                try db.execute("INSERT INTO items (name, amount) VALUES (\("item-\(amount)"), \(amount))")
            }
            let seen = try await store.read { db in
                try db.value("SELECT amount FROM items WHERE name = \("item-\(amount)")", as: Int.self)
            }
            try promise(seen, is: amount, "the row that was just written")
        }
    }

    private static func rollsBack(_ store: any Store) async throws {
        try await makeTable(store)
        do {
            _ = try await store.write { db in
                try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1)")
                try db.execute("CREATE TABLE others (name TEXT)")
                throw Refusal()
            }
            try promise(false, "the body's error reaches the caller")
        } catch is Refusal {}
        try promise(try await names(store), is: [], "rows after a rollback")
        try await store.run("CREATE TABLE others (name TEXT)")
    }

    private static func groupsApart(_ store: any Store) async throws {
        try await makeTable(store)
        let failed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        _ = try await store.write { db in
                            try db.execute("INSERT INTO items (name, amount) VALUES (\("item-\(number)"), \(number))")
                            if number.isMultiple(of: 5) { throw Refusal() }
                            // A constraint that SQL refuses, and one that the body refuses: both undo one write only.
                            if number % 7 == 1 { try db.execute("INSERT INTO items (name, amount) VALUES ('x', -1)") }
                        }
                        return false
                    } catch {
                        return true
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let expected = (0..<200).filter { !$0.isMultiple(of: 5) && $0 % 7 != 1 }
        try promise(failed, is: 200 - expected.count, "writes that failed")
        try promise(Set(try await names(store)), is: Set(expected.map { "item-\($0)" }), "rows that are left")
    }

    private static func losesNoUpdate(_ store: any Store) async throws {
        try await makeTable(store)
        try await store.run("INSERT INTO items (name, amount) VALUES ('count', 0)")
        try await withThrowingTaskGroup { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<25 {
                        _ = try await store.write { db in
                            let amount = try db.value("SELECT amount FROM items WHERE name = 'count'", as: Int.self)
                            try db.execute("UPDATE items SET amount = \((amount ?? 0) + 1) WHERE name = 'count'")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let count = try await store.read { db in try db.value("SELECT amount FROM items", as: Int.self) }
        try promise(count, is: 400, "the sum of all updates")
    }

    private static func readsSnapshot(_ store: any Store) async throws {
        try await makeTable(store)
        try await store.run("INSERT INTO items (name, amount) VALUES ('a', 0), ('b', 0)")
        try await withThrowingTaskGroup { group in
            group.addTask {
                for _ in 0..<100 {
                    _ = try await store.write { db in
                        try db.execute("UPDATE items SET amount = amount + 1 WHERE name = 'a'")
                        try db.execute("UPDATE items SET amount = amount + 1 WHERE name = 'b'")
                    }
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<100 {
                        let pair = try await store.read { db in
                            let a = try db.value("SELECT amount FROM items WHERE name = 'a'", as: Int.self)
                            let b = try db.value("SELECT amount FROM items WHERE name = 'b'", as: Int.self)
                            return [a, b]
                        }
                        try promise(pair[0], is: pair[1], "both rows of one moment")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func afterCommit(_ store: any Store) async throws {
        try await makeTable(store)
        let log = ActionLog()
        _ = try await store.write { db in
            db.afterCommit { log.add("committed") }
            try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1)")
            log.add("body")
        }
        try promise(log.entries, is: ["body", "committed"], "the order of body and action")
        do {
            _ = try await store.write { db in
                db.afterCommit { log.add("never") }
                throw Refusal()
            }
        } catch is Refusal {}
        do {
            _ = try await store.write { db in
                db.afterCommit { log.add("never") }
                try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1)")
            }
        } catch is StoreConstraintError {}
        try await store.write { _ in }
        try promise(log.entries, is: ["body", "committed"], "actions of writes that were undone")
    }

    private static func afterCommitOnce(_ store: any Store) async throws {
        let (log, one, other) = (ActionLog(), ActionLog(), ActionLog())
        try await store.write { db in
            for _ in 0..<3 {
                db.afterCommit(onceFor: one) { log.add("one") }
                db.afterCommit(onceFor: other) { log.add("other") }
                db.afterCommit { log.add("each") }
            }
        }
        try promise(log.entries.sorted(), is: ["each", "each", "each", "one", "other"], "actions")
        do {
            _ = try await store.write { db in
                db.afterCommit(onceFor: one) { log.add("never") }
                throw Refusal()
            }
        } catch is Refusal {}
        try await store.write { db in db.afterCommit(onceFor: one) { log.add("one again") } }
        try promise(Array(log.entries.dropFirst(5)), is: ["one again"], "actions of later commits")
    }

    private static func goesOnAfterRefusal(_ store: any Store) async throws {
        try await makeTable(store)
        _ = try await store.write { db in
            try db.execute("INSERT INTO items (name, amount) VALUES ('a', 1)")
            do {
                try db.execute("INSERT INTO items (name, amount) VALUES ('b', 1), ('a', 2)")
            } catch let error as StoreConstraintError where error.kind == .unique {}
            try db.execute("INSERT INTO items (name, amount) VALUES ('c', 1)")
        }
        try promise(try await names(store), is: ["a", "c"], "rows around the refused statement")
    }
}
