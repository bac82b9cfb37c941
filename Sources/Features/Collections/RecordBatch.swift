import HearthCore
import HearthInference
import HearthJSON
import HearthText
import HearthVectorStore

/// The records of one request on their way into a collection: each is good, or has its problem.
struct RecordBatch {
    /// An input whose vector is to be made, and its place in the batch.
    struct Input {
        let place: Int
        let input: EmbeddingInput
    }

    private enum Entry {
        case draft(RecordDraft)
        case problem(ItemProblem)
    }

    let collection: NamedCollection
    private let rules: [AttributeRule]
    private let numbers: [Int]
    private var entries: [Entry] = []

    /// Reads the records; an id that comes twice is a problem of the later one.
    /// - Parameter rules: by which their attributes are read, as ``NamedCollections/rules(of:)`` says.
    init(_ collection: NamedCollection, _ records: [NumberedRecord], rules: [AttributeRule]) {
        self.collection = collection
        self.rules = rules
        numbers = records.map(\.number)
        var ids: Set<ByteKey> = []
        entries.reserveCapacity(records.count)
        for record in records {
            do throws(HearthError) {
                let draft = try record.source.draft()
                guard ids.insert(ByteKey(draft.id)).inserted else {
                    throw HearthError(
                        .invalidRequest, "The id \"\(draft.id.prefix(80))\" is there twice.",
                        hint: "Each record of a request has its own id.")
                }
                entries.append(.draft(draft))
            } catch {
                entries.append(.problem(ItemProblem(record.number, id: record.source.id, error)))
            }
        }
    }

    /// Of the records that are good so far.
    var ids: [String] { entries.compactMap { if case .draft(let draft) = $0 { draft.id } else { nil } } }

    /// What is to be embedded.
    var inputs: [Input] {
        entries.enumerated().compactMap { place, entry in
            guard case .draft(let draft) = entry, case .input(let input) = draft.source else { return nil }
            return Input(place: place, input: input)
        }
    }

    mutating func set(_ vector: [Float], at place: Int) {
        guard case .draft(var draft) = entries[place] else { return }
        draft.source = .vector(vector)
        entries[place] = .draft(draft)
    }

    mutating func refuse(_ place: Int, _ error: HearthError) {
        guard case .draft(let draft) = entries[place] else { return }
        entries[place] = .problem(ItemProblem(numbers[place], id: draft.id, error))
    }

    /// The records that can be stored, and the problems of the others.
    func records() -> (records: [CollectionTable.Record], problems: [ItemProblem]) {
        var records: [CollectionTable.Record] = []
        var problems: [ItemProblem] = []
        records.reserveCapacity(entries.count)
        var dims = collection.dims
        for (place, entry) in entries.enumerated() {
            switch entry {
            case .problem(let problem): problems.append(problem)
            case .draft(let draft):
                guard case .vector(let vector) = draft.source else { continue }
                do throws(HearthError) {
                    let record = try draft.record(
                        vector: vector, rules: rules, dims: dims, metric: collection.metric,
                        place: "record \(numbers[place])")
                    // The first vector decides for a collection that has none yet.
                    dims = dims ?? vector.count
                    records.append(record)
                } catch {
                    problems.append(ItemProblem(numbers[place], id: draft.id, error))
                }
            }
        }
        return (records, problems)
    }
}
