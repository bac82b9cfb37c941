/// One line of a gauge whose labels are known only when it is read, such as queue depths by lane.
package struct MetricSample: Sendable {
    package var labels: [String: String]
    package var value: Double

    package init(labels: [String: String], value: Double) {
        self.labels = labels
        self.value = value
    }
}
