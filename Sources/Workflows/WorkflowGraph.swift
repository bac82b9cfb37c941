package import HearthCore
package import HearthJSON

/// A graph of ComfyUI in API format: nodes by their identifiers, each with a class and inputs.
///
/// An input is a value, or a link: the identifier of another node and the number of one of its outputs.
package struct WorkflowGraph: Sendable, Equatable {
    /// One node.
    package struct Node: Sendable, Equatable {
        /// Its key in the file.
        package var id: String
        /// `KSampler`.
        package var className: String
        /// Values and links by the names of inputs; a link is `[node, place]`.
        package var inputs: JSONObject
        /// As the editor shows it, when the file says it.
        package var title: String?
        /// Members that this version has no use for; they are sent as they came.
        fileprivate var others: JSONObject

        /// The node that an input is linked to; nil when it is a value.
        package func link(_ input: String) -> String? { inputs[input].flatMap(WorkflowGraph.link) }
    }

    /// In the order of the file.
    package private(set) var nodes: [Node]

    /// Reads what ComfyUI's "Export (API)" writes, also inside the body of a `POST /prompt`.
    /// - Throws: ``HearthError`` `invalid_request`, which says what is wrong with the file.
    package init(_ json: JSONValue) throws(HearthError) {
        guard let root = json.objectValue else { throw Self.noGraph }
        let object = root["prompt"]?.objectValue ?? root
        guard !Self.isEditorFormat(root) else {
            throw HearthError(
                .invalidRequest, "The file is a workflow in the format of ComfyUI's editor, which no server can run.",
                hint: "In ComfyUI choose Workflow, then Export (API), and add the file that this writes.")
        }
        guard (1...Limits.workflowNodes).contains(object.count) else {
            throw HearthError(
                .invalidRequest, "The workflow has \(object.count) nodes.",
                hint: "1 to \(Limits.workflowNodes) are allowed.")
        }
        var nodes: [Node] = []
        for member in object.members { nodes.append(try Self.node(member.key, member.value)) }
        self.nodes = nodes
        try checkLinks()
    }

    /// The node with an identifier; nil when there is none.
    package subscript(id: String) -> Node? { nodes.first { $0.id == id } }

    /// Writes a value into an input of a node; nothing happens when there is no such node.
    package mutating func set(_ target: WorkflowTarget, to value: JSONValue) {
        guard let place = nodes.firstIndex(where: { $0.id == target.node }) else { return }
        nodes[place].inputs[target.input] = value
    }

    /// As a server takes it.
    package var json: JSONValue {
        var object = JSONObject(minimumCapacity: nodes.count)
        for node in nodes {
            var value = node.others
            value["class_type"] = .string(node.className)
            value["inputs"] = .object(node.inputs)
            object[node.id] = .object(value)
        }
        return .object(object)
    }

    /// The classes that a server must have, each once.
    package var classNames: [String] { Array(Set(nodes.map(\.className))).sorted() }

    /// Of an input's value; nil when it is no link.
    static func link(_ value: JSONValue) -> String? {
        guard let pair = value.arrayValue, pair.count == 2, pair[1].integerValue != nil else { return nil }
        return pair[0].stringValue ?? pair[0].integerValue.map { String($0) }
    }

    // MARK: Reading

    private static let noGraph = HearthError(
        .invalidRequest, "The file is no workflow of ComfyUI.",
        hint: "A JSON object of nodes, as Workflow, Export (API) in ComfyUI writes it.")

    /// The editor keeps nodes and links in two lists.
    private static func isEditorFormat(_ root: JSONObject) -> Bool {
        root["nodes"]?.arrayValue != nil && root["links"] != nil
    }

    private static func node(_ id: String, _ value: JSONValue) throws(HearthError) -> Node {
        guard !id.isEmpty, id.utf8.count <= 64, let members = value.objectValue,
            let name = members["class_type"]?.stringValue, !name.isEmpty, name.utf8.count <= 200
        else { throw noGraph }
        guard let inputs = (members["inputs"] ?? [:]).objectValue, inputs.count <= Limits.workflowInputs else {
            throw HearthError(
                .invalidRequest, "Node \(id) (\(name)) has no object of inputs, or too many of them.",
                hint: "At most \(Limits.workflowInputs) inputs a node.")
        }
        var others = members
        others["class_type"] = nil
        others["inputs"] = nil
        return Node(
            id: id, className: name, inputs: inputs, title: members["_meta"]?["title"]?.stringValue, others: others)
    }

    private func checkLinks() throws(HearthError) {
        let ids = Set(nodes.map(\.id))
        for node in nodes {
            for input in node.inputs.members {
                guard let source = Self.link(input.value), !ids.contains(source) else { continue }
                throw HearthError(
                    .invalidRequest,
                    "Node \(node.id) (\(node.className)): `\(input.key)` comes from node \(source), which is missing.",
                    hint: "Export the whole workflow again.")
            }
        }
    }
}

/// One input of one node, written `6.text`.
package struct WorkflowTarget: Sendable, Hashable {
    /// Identifier of the node.
    package var node: String
    /// Name of the input.
    package var input: String

    /// A target in any graph; whether a graph has it is not checked.
    package init(node: String, input: String) {
        self.node = node
        self.input = input
    }

    /// - Returns: nil without a dot between a node and an input. Names of inputs may hold dots themselves.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        self.init(node: String(parts[0]), input: String(parts[1]))
    }

    /// As `--slots` writes it: `6.text`.
    package var text: String { "\(node).\(input)" }
}
