/// A full-text index beside the rows: in the same database, and changed in the same transaction.
///
/// Entries are the rows of a table of the caller's with a number of their own; an index is found by the table's name.
/// A search answers numbers and ranks; whose rows they are is the caller's condition, and the index only makes sure
/// that the entries of one scope cost nothing when another is searched.
package protocol TextIndex: Sendable {
    /// Makes the index of a table that has the column `id`, a number that the database counts up. An entry goes with
    /// its row, also when the row goes with another one (`ON DELETE CASCADE`).
    func schema(of table: String) -> [String]

    /// Adds or replaces an entry.
    func set(_ entry: TextEntry, of table: String, in db: any SQLConnection) throws

    /// A query with the columns `number` and `rank` of the entries that have all phrases; a smaller rank is better.
    func matches(_ query: TextQuery, scope: String, of table: String) -> SQL
}

/// What is indexed of a row.
package struct TextEntry: Sendable {
    /// The row's number.
    package var number: Int64
    /// Who may find it: a tenant.
    package var scope: String
    /// Counts more than the body.
    package var title: String
    package var body: String

    package init(number: Int64, scope: String, title: String, body: String) {
        self.number = number
        self.scope = scope
        self.title = title
        self.body = body
    }
}

extension SQLDialect {
    /// The database's own full-text index.
    package var textIndex: any TextIndex {
        switch self {
        case .sqlite: FTS5Index()
        case .postgres: LexemeIndex()
        }
    }
}

/// SQLite's full-text search, version 5 (<https://www.sqlite.org/fts5.html>).
///
/// Texts come as folded words with blanks between them, so its tokeniser has to do nothing but to split at blanks. A
/// scope is a word of its own column: the lists of the other words are cut by it before a row is looked at.
struct FTS5Index: TextIndex {
    func schema(of table: String) -> [String] {
        [
            """
            CREATE VIRTUAL TABLE \(table)_index USING fts5 (scope, title, body, prefix = '2 3',
              tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'")
            """,
            """
            CREATE TRIGGER \(table)_index_removal AFTER DELETE ON \(table)
            BEGIN DELETE FROM \(table)_index WHERE rowid = old.id; END
            """,
        ]
    }

    func set(_ entry: TextEntry, of table: String, in db: any SQLConnection) throws {
        let (title, body) = (Self.words(entry.title), Self.words(entry.body))
        try db.execute(
            """
            INSERT OR REPLACE INTO \(verbatim: table)_index (rowid, scope, title, body)
            VALUES (\(entry.number), \(Self.word(entry.scope)), \(title), \(body))
            """)
    }

    func matches(_ query: TextQuery, scope: String, of table: String) -> SQL {
        // Folded words hold letters, marks and numbers only: no quote can end them.
        let phrases = query.phrases.map { phrase in
            "\"\(phrase.words.joined(separator: " "))\"" + (phrase.isBeginning ? " *" : "")
        }
        let expression = "scope : \"\(Self.word(scope))\" AND {title body} : (\(phrases.joined(separator: " AND ")))"
        return """
            SELECT rowid AS number, bm25(\(verbatim: table)_index, 0.0, 10.0, 1.0) AS rank
            FROM \(verbatim: table)_index WHERE \(verbatim: table)_index MATCH \(expression)
            """
    }

    private static func words(_ text: String) -> String {
        TextWords.words(of: text).map(\.text).joined(separator: " ")
    }

    /// Any text as one word: its bytes in hex.
    private static func word(_ text: String) -> String {
        "x" + text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// PostgreSQL's full-text search: lexemes with their places, made here instead of by a dictionary of the database, so
/// that both databases find the same.
struct LexemeIndex: TextIndex {
    func schema(of table: String) -> [String] {
        [
            """
            CREATE TABLE \(table)_index (
              id BIGINT PRIMARY KEY REFERENCES \(table) (id) ON DELETE CASCADE,
              scope TEXT NOT NULL,
              words TSVECTOR NOT NULL
            )
            """,
            "CREATE INDEX \(table)_index_words ON \(table)_index USING GIN (words)",
        ]
    }

    func set(_ entry: TextEntry, of table: String, in db: any SQLConnection) throws {
        let words =
            TextWords.words(of: entry.title).map { ($0.text, "A") } + Self.gap
            + TextWords.words(of: entry.body).map { ($0.text, "D") }
        let lexemes = words.prefix(Self.places).enumerated().filter { !$1.0.isEmpty }.map { place, word in
            "'\(word.0)':\(place + 1)\(word.1)"
        }
        try db.execute(
            """
            INSERT INTO \(verbatim: table)_index (id, scope, words)
            VALUES (\(entry.number), \(entry.scope), CAST(\(lexemes.joined(separator: " ")) AS TSVECTOR))
            ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, words = excluded.words
            """)
    }

    func matches(_ query: TextQuery, scope: String, of table: String) -> SQL {
        let expression = query.phrases.map { phrase in
            "(" + phrase.words.map { "'\($0)'" }.joined(separator: " <-> ") + (phrase.isBeginning ? ":*)" : ")")
        }.joined(separator: " & ")
        return """
            SELECT i.id AS number, -TS_RANK(i.words, q.query) AS rank
            FROM \(verbatim: table)_index i, (SELECT CAST(\(expression) AS TSQUERY) AS query) q
            WHERE i.scope = \(scope) AND i.words @@ q.query
            """
    }

    /// So that no phrase reaches from the title into the body.
    private static let gap = [("", "D")]
    /// The database remembers no place beyond this.
    private static let places = 16_383
}
