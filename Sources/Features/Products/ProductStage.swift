/// Stages of scans and of the catalogue's jobs that have a histogram of their own.
enum ProductStage: String, CaseIterable {
    case scanEmbed = "scan_embed"
    case scanSearch = "scan_search"
    case scanRecord = "scan_record"
    case productRows = "product_rows"
    case productEmbed = "product_embed"
}
