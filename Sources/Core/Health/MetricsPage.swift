/// Metrics of several processes as one page in the Prometheus text format.
package enum MetricsPage {
    /// All series of one name.
    private struct Family {
        var help = ""
        var kind = ""
        var samples: [Substring] = []
    }

    /// The page of this process with the pages of others, whose series get the label `process`.
    ///
    /// - Parameters:
    ///   - own: as ``MetricsRegistry/prometheusText()`` writes it.
    ///   - others: name of the process and its page. A page that is longer than ``Limits/metricsPageBytes``, and a name
    ///     that is of another kind elsewhere, are left out.
    package static func merged(_ own: String, _ others: [(process: String, text: String)]) -> String {
        guard !others.isEmpty else { return own }
        var families: [Substring: Family] = [:]
        read(own, process: nil, into: &families)
        for (process, text) in others where text.utf8.count <= Limits.metricsPageBytes {
            read(text, process: process, into: &families)
        }
        var page = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            page += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind)\n"
            for sample in family.samples { page += "\(sample)\n" }
        }
        return page
    }

    private static func read(_ text: String, process: String?, into families: inout [Substring: Family]) {
        var (name, help): (Substring, Substring) = ("", "")
        var isWanted = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# HELP ") {
                let words = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                (name, help) = (words.first ?? "", words.count > 1 ? words[1] : "")
            } else if line.hasPrefix("# TYPE ") {
                let kind = line.split(separator: " ").last.map(String.init) ?? ""
                let family = families[name, default: Family(help: String(help), kind: kind)]
                isWanted = family.kind == kind
                if isWanted { families[name] = family }
            } else if isWanted {
                families[name]?.samples.append(process.map { labelled(line, $0) } ?? line)
            }
        }
    }

    /// `name{a="b"} 1` → `name{process="p",a="b"} 1`.
    private static func labelled(_ sample: Substring, _ process: String) -> Substring {
        guard let end = sample.firstIndex(where: { $0 == "{" || $0 == " " }) else { return sample }
        let rest = sample[end...]
        let labels = rest.hasPrefix("{") ? ",\(rest.dropFirst())" : "}\(rest)"
        return "\(sample[..<end]){process=\"\(process)\"\(labels)"
    }
}

/// One line of a gauge whose labels are known only when it is read, such as queue depths by lane.
package struct MetricSample: Sendable {
    package var labels: [String: String]
    package var value: Double

    package init(labels: [String: String], value: Double) {
        self.labels = labels
        self.value = value
    }
}
