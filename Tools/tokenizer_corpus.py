"""The texts that the tests' tokenisers are trained on and tried with; written for this project.

`corpus()` makes some thousand sentences from words and patterns, the same at every call. `nasty()` has what breaks
tokenisers. `fuzz(seed, count)` draws random texts from many kinds of characters.
"""

import random

ENGLISH = (
    "the a painter lantern river keeps draws finds small bright hidden village harbour machine memory picture model "
    "quietly slowly again behind under beyond winter morning evening colour character anchor remembers registers "
    "light shadow ember hearth warm running tested unbelievable reworking misunderstood playing player players"
).split()
GERMAN = (
    "der die das Maler Laterne Fluss behält zeichnet findet kleine helle Straße Größe Übung Gemüse Häuser schön "
    "langsam wieder hinter unter Wintermorgen Abendlicht Kunstmaschine Bildspeicher Modellwärme Donaudampfschiff"
).split()
FRENCH = (
    "le la les peintre lanterne rivière garde dessine trouve petit château forêt été déjà naïve cœur garçon où "
    "lentement encore derrière sous l'hiver matin lumière élève"
).split()
RUSSIAN = (
    "художник фонарь река хранит рисует находит малая светлая деревня зимнее утро медленно снова Ёлка цвет".split()
)
GREEK = "ζωγράφος φανάρι ποτάμι κρατά μικρό φως χειμώνας πρωί σιγά πάλι Ελλάδα ὁ ἄνθρωπος".split()
JAPANESE = "絵師 は 灯り を 川 で 見つけた 小さな 村 の 冬 朝 タワー カタカナ ひらがな ゆっくり".split()
CHINESE = "画家 在 河边 找到 灯笼 小 村庄 冬天 早晨 慢慢 记忆 模型 红色 运动鞋".split()
KOREAN = "화가 등불 강 마을 겨울 아침 천천히 기억 모델 한국어 문장".split()
ARABIC = "رسام مصباح نهر قرية صغيرة شتاء صباح ببطء ذاكرة نموذج".split()
HEBREW = "צייר פנס נהר כפר קטן חורף בוקר לאט".split()
HINDI = "चित्रकार दीपक नदी गाँव सर्दी सुबह धीरे स्मृति".split()
THAI = "จิตรกร โคมไฟ แม่น้ำ หมู่บ้าน ฤดูหนาว".split()
EMOJI = "😀 🔥 🎨 👩‍🎨 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 🇯🇵 👍🏽 ❤️ ☃ ✨ 1️⃣".split()
CODE = [
    "def find(path, limit=10):\n    return [p for p in path if len(p) > limit]\n",
    "for (int i = 0; i < 128; ++i) { sum += values[i] * 0.5f; }\n",
    "let memory = try store.read { row in row.count }  // keeps 42 rows\n",
    '{"id": 17, "name": "ember", "tags": ["a", "b"], "ok": true}\n',
    "https://hearth.example/api/v1/anchors?limit=20&sort=name#top",
    "SELECT id, name FROM anchors WHERE score >= 0.75 ORDER BY name;\n",
]
LANGUAGES = (
    [ENGLISH] * 6
    + [GERMAN, FRENCH] * 2
    + [RUSSIAN, GREEK, JAPANESE, CHINESE, KOREAN, ARABIC, HEBREW, HINDI, THAI, EMOJI]
)


def sentence(draw):
    words = draw.choice(LANGUAGES)
    joint = "" if words in (JAPANESE, CHINESE, THAI) else " "
    parts = [draw.choice(words) for _ in range(draw.randint(3, 12))]
    if draw.random() < 0.3:
        parts.insert(
            draw.randrange(len(parts)), draw.choice(["don't", "it's", "we'll", "3.14", "2026", "1,000", "50%"])
        )
    text = joint.join(parts)
    if draw.random() < 0.5:
        text = text[:1].upper() + text[1:]
    return text + draw.choice([".", ".", "!", "?", "…", ";", "", " –", "。", '"', ")"])


def corpus(count=4000, seed=20260101):
    draw = random.Random(seed)
    return [draw.choice(CODE) if draw.random() < 0.05 else sentence(draw) for _ in range(count)]


def nasty():
    texts = [
        "",
        " ",
        "   ",
        "\n",
        "\r\n",
        "\t\t",
        " \n \n ",
        "a",
        "A",
        "I",
        "é",
        "e\u0301",
        "ab  cd   ef    gh",
        "  lead",
        "trail  ",
        "\u00a0\u2003\u3000",
        "\u200b",
        "a\u200bb",
        "\u200d",
        "\ufeffstart",
        "a\ufeffb",
        "soft\u00adhyphen",
        "\x00",
        "a\x00b",
        "\x01\x02\x1f\x7f\x85\x9f",
        "a\x0bb\x0cc\x1cd",
        "\u2028\u2029",
        "\ufffd",
        "a\ufffdb",
        "\ue000\uf8ff\U000f0000",
        "\ufdd0\uffff\U0010ffff",
        "naïve café Ångström ÅNGSTRÖM",
        "Straße STRASSE ẞ",
        "ŉ ǰ ﬁ ﬂ ﬀ ﬆ ĳ",
        "İstanbul ıI",
        "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ",
        "Ǆ ǅ ǆ",
        "①②③ ⅷ ½ ¼ ²³",
        "Ｆｕｌｌ　ｗｉｄｔｈ",
        "㍿ ㌔ ℃ № ™",
        "한국어 한국어",
        "\u1112\u1161\u11ab\u1100\u116e\u11a8",
        "\u1112\u1161",
        "각\u11a8",
        "\uac00\u11a7",
        "か\u3099 が ガ ｶﾞ",
        "東京タワー",
        "红色运动鞋",
        "𠮷野家",
        "\U0002a6d6\U0002a700",
        "日本語とEnglishの混在",
        "مرحبا بالعالم",
        "שָׁלוֹם עולם",
        "\u202eabc\u202c",
        "नमस्ते दुनिया",
        "क्षत्रिय",
        "สวัสดีชาวโลก",
        "ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ",
        "ကမ္ဘာ",
        "😀",
        "👩‍👩‍👧‍👦👨‍💻",
        "🏳️‍🌈🏴‍☠️",
        "🇩🇪🇯🇵🇺",
        "👍🏻👍🏿",
        "1️⃣#️⃣",
        "❤️❤",
        "a" + "\u0301" * 40,
        "a\u0323\u0307 a\u0307\u0323",
        "\u0301alone",
        "q̣̇ q̣̇",
        "\u0344 \u0340\u0341",
        "\u1e9b\u0323",
        "\u212b \u2126 \u00c5",
        "\u0958 \u095c",
        "\ufb1d \ufb2a",
        "\U0001d15e\U0001d1bb",
        "\ufb2e\u05b0",
        "don't DON'T don’t we'll I'VE it'S 'ſ",
        "'s't're've'm'll'd",
        "rock'n'roll",
        "''' ' '",
        "\"quoted\" ``text''",
        "1234567890",
        "3.14159 1,000,000 1e-9",
        "٣٤٥ ४५६ 四五六",
        "x=1;y=2//c",
        "#!/bin/sh",
        '<p class="a">b</p>',
        "C:\\dir\\x",
        "user@example.com",
        "a_b__c___d",
        "--flag=value",
        "!!!???...",
        "(((())))",
        "¡¿§¶†‡•",
        "$€£¥₹ + − × ÷ ±",
        "~`^|¦",
        "—–‐‑",
        "x" * 99,
        "x" * 100,
        "x" * 101,
        "y" * 1000,
        "ab" * 300,
        "é" * 120,
        "字" * 60,
        "word " * 80,
        " " * 300,
        "\n" * 50,
        "a" + " " * 50 + "b",
        "\t \t \n\n  x",
        "x \n y\r\nz\rw",
        "\n\n\nindent\n    more\n\tend\n",
        "end\n",
        "end \n ",
        "UPPER lower MiXeD",
        "antidisestablishmentarianism",
        "Donaudampfschifffahrtsgesellschaft",
        "pneumono" * 12,
        "[MASK]",
        "a [MASK] b",
        "a[MASK]b",
        "[CLS][SEP]",
        "[PAD] [UNK]",
        "[mask]",
        "  [MASK]  ",
        "[MASK][MASK]",
        "[MAS K]",
        "<s>x</s>",
        "<pad> <unk>",
        "<mask>",
        "a <mask> b",
        "  <mask>  x",
        "<mask><mask>",
        "a  <mask>",
        "<|endoftext|>",
        "x<|endoftext|>y",
        "<|im_start|>user\nhi<|im_end|>",
        "HEARTH hearth Hearth",
        "xhearth hearthx hearth.",
        "hearth",
        "é hearth é",
        "hearthhearth",
        "EMBER ember éember ember",
        "Ｅmber",
        "▁under▁score",
        "▁",
        "▁▁ ▁",
        "Ġ ĠĊ ċ",
        "##piece",
        "# # ##",
        "</w> a</w>",
        "<0x41>",
        "<0x",
        "\\n \\t",
        "\U000e0001\U000e0020",
        "\u0600\u06dd",
        "\u061c\u180e",
        "\u0897\u088f",
        "\U00016ea0",
        "\u1734\u1885",
        "\ua9bd",
        "\u166d",
        "\U000111c9",
        "\u2e52",
        "\U00010ed0",
        "ʕ",
        "b2\u00b2",
        "\u017f'\u017f",
        "K\u212a",
        "\u0130\u0307",
        "ﷺ",
        "ﷲ",
        "\u2121\u213b",
    ]
    draw = random.Random(7)
    texts += [sentence(draw) for _ in range(25)] + CODE
    return [text.encode() for text in texts] + [
        b"\xff",
        b"a\xffb",
        b"\xc3",
        b"caf\xc3",
        b"\xc3\x28",
        b"\xe2\x82",
        b"\xe2\x82z",
        b"\xf0\x9f\x98",
        b"\xf0\x9f\x98\x80\xf0",
        b"\xed\xa0\x80",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xc0\x80",
        b"\xe0\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\x80\x80\x80",
        b"ok \xfe\xff end",
        b"\xe6\x9d\xe6\x9d\xb1",
        b"\xf0\x80\x80\x80",
        b"\xf1\x80\x80",
        b"\xc2\xc2\xa0",
    ]


POOLS = [
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789",
    " ",
    "  \n\t\r",
    ".,;:!?'\"()[]{}<>|/\\#_-`~@$%^&*+=",
    "éèêëàâäöüßçñøåœæÅÖÜßſİıẞ",
    "\u0300\u0301\u0308\u0323\u0327\u0338\u0345\u05b0\u064b\u3099\u0f71\u1dce",
    "абвгдежзийклмнопЁёЙй",
    "αβγδεζηθικλμΣσςΐΰᾳ",
    "漢字東京红色运动鞋𠮷一鿿㐀",
    "ぁあがぱァガパｶﾞﾊﾟー",
    "가각힣한\u1100\u1112\u1161\u1175\u11a8\u11c2",
    "ابتثجمنه\u0640\u0651",
    "אבגד\u05b7",
    "कखगािी्",
    "กขค\u0e31\u0e33",
    "😀🔥👩👧👨💻🏳🌈🇩🇪🇯🇵👍🏽❤☃",
    "\u200d\ufe0f\u20e3",
    "\u200b\u00ad\ufeff\u2060",
    "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\x9f",
    "\u00a0\u1680\u2003\u2028\u3000",
    "①½ⅷ²³ﬁﬂ㍿Ａｂ１™℃",
    "\ue000\ufdd0\uffff\ufffd",
    "▁ĠĊ",
    "\u0340\u0344\u212b\u2126\u0958\ufb1d\ufb2e\u1e9b\U0001d15e\u0cca\u0dda\u1b06",
]
WORDS = (
    [
        "[MASK]",
        "[CLS]",
        "<mask>",
        "<s>",
        "<|endoftext|>",
        "hearth",
        "HEARTH",
        "ember",
        "Ember",
        "don't",
        "we'll",
        "I'VE",
        "</w>",
        "##",
        "<0x41>",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "\r\n",
        "unbelievable",
        "playing",
        "x" * 101,
    ]
    + ENGLISH
    + GERMAN
    + FRENCH
    + RUSSIAN
    + KOREAN
    + JAPANESE
)


def fuzz(seed, count):
    """Random texts as bytes: runs from a few pools, known words, any scalar at all, now and then broken bytes."""
    draw = random.Random(seed)

    def run():
        kind = draw.random()
        if kind < 0.45:
            pool = draw.choice(POOLS)
            return "".join(draw.choice(pool) for _ in range(draw.randint(1, 6)))
        if kind < 0.7:
            return draw.choice(WORDS)
        if kind < 0.8:
            return draw.choice([" ", "  ", "\n", "\u0301", "'", ""])
        scalar = draw.choice([draw.randrange(0x110000), draw.randrange(0x3000), draw.randrange(0x20000)])
        return "" if 0xD800 <= scalar < 0xE000 else chr(scalar)

    for _ in range(count):
        data = "".join(run() for _ in range(draw.randint(0, 14))).encode()
        if draw.random() < 0.05:
            place = draw.randrange(len(data) + 1)
            data = data[:place] + bytes([draw.randrange(256)]) + data[place + draw.randrange(2) :]
        yield data
