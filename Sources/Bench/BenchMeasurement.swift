import ArgumentParser

/// What `hearth bench` measures; the names of `--only`.
enum BenchMeasurement: String, CaseIterable, ExpressibleByArgument {
    case start, register, loading, queue, crash, worker, warm, vectors, collections, products, studio, mcp
    case byHand = "by-hand"
}
