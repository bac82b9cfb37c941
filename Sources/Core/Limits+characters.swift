extension Limits {
    // MARK: Characters

    /// Characters of a handle such as `@sarah`, without the at sign.
    package static let handleLength = 32
    /// Different handles that one prompt may mention.
    package static let mentions = 16
    /// Numbered forms of a handle that are tried before one with a random ending is taken.
    package static let numberedHandles = 20

    /// Unicode scalars of a character's description …
    package static let descriptionLength = 10_000
    /// … of a text of its bible: appearance, backstory …
    package static let bibleText = 20_000
    /// … of an entry of one of its lists …
    package static let bibleEntry = 500
    /// … and entries of a list.
    package static let bibleEntries = 100
    /// Bytes of the free part of a bible as JSON …
    package static let bibleExtraBytes = 64 << 10
    /// … how deep it may be nested …
    package static let bibleExtraDepth = 16
    /// … and bytes of the whole.
    package static let bibleBytes = 256 << 10
    /// Versions of a bible that are kept; the oldest are removed.
    package static let bibleVersions = 1_000
    /// Unicode scalars of the reason that a change may give.
    package static let bibleNote = 500
    /// Pictures that a bible shows.
    package static let biblePictures = 12

    /// Style presets that a tenant may add.
    package static let presetsOfTenant = 200
    /// Characters of a preset's identifier, of its name …
    package static let presetWord = 64
    /// … and of each of its two prompts.
    package static let presetText = 4_000
    /// Steps of a preset's sampler, and how strongly it follows the prompt.
    package static let presetSteps = 150
    package static let presetGuidance = 30.0

    /// Unicode scalars of a search for words, and words of it.
    package static let searchText = 200
    package static let searchWords = 16
    /// Matches of one search for words.
    package static let searchMatches = 50
    /// Unicode scalars of a piece of text that shows where something was found, and pieces of one match.
    package static let snippetLength = 160
    package static let snippets = 3

    /// How long a merge of two characters can be undone.
    package static let mergeUndo: Duration = .seconds(7 * 24 * 3_600)
    /// Merges that the identifier of a character is followed through.
    package static let mergeChain = 32

    /// Bytes of a file that holds a character …
    package static let characterFileBytes = 2 << 30
    /// … of one of its lines: a picture in base64, with its vector …
    package static let characterLineBytes = bodyBytes / 3 * 4 + (1 << 20)
    /// … bytes of all versions of the bible in it, which are written by one transaction …
    package static let characterFileBibles = 16 << 20
    /// … and pictures in it.
    package static let characterFileAnchors = 1_000
    /// Bytes that are read at once of a file that was sent.
    package static let characterFileChunk = 1 << 20
    /// Length of a vector in such a file.
    package static let characterVectorDims = 8_192
}
