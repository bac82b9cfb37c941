#!/usr/bin/env python3
"""Trains small tokenisers with Hugging Face's library and writes what it makes of many texts: what ours must make too.

    python3 -m venv .venv && .venv/bin/pip install -r Tools/requirements.txt
    .venv/bin/python Tools/make_tokenizer_goldens.py [--train]                # Tests/Goldens/tokenizers
    .venv/bin/python Tools/make_tokenizer_goldens.py --fuzz FILE [--seed 1] [--count 20000] [--tokenizer FILE]

The first form writes Tests/Goldens/tokenizers/NAME/goldens.jsonl; the same versions write the same bytes. With --train
it also writes NAME/tokenizer.json; the library's trainers walk through hash tables, so that each training breaks ties
in its own way, and so a file that is there is kept otherwise. Each line of goldens.jsonl has the text in hexadecimal
(some are no UTF-8: the library gets them as Python's decode(errors="replace") makes them), the ids, the types when one
is not 0, and the limit when the text was cut.

The second form compares far more texts than are worth keeping: it writes one line for each random text and each
tokeniser, which the test `randomTextsGiveTheIDsOfTheReference` reads when HEARTH_TOKENIZER_FUZZ names the file.
"""

import argparse
import base64
import json
import os
import struct
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)  # noqa: E402

import tokenizer_corpus  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
GOLDENS = ROOT / "Tests" / "Goldens" / "tokenizers"
LIMITS = (1, 2, 3, 7, 16, 64)

# As Qwen2 and its kin cut words.
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# As Llama 3 does, with up to three digits together.
LLAMA = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def byte_pairs():
    """Byte-level BPE with Qwen2's pattern and NFC."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="$A <|endoftext|>", pair="$A $B:1", special_tokens=[("<|endoftext|>", 0)]
            ),
        ]
    )
    train(
        tokenizer,
        trainers.BpeTrainer(
            vocab_size=1200,
            special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
            show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )
    tokenizer.add_tokens([AddedToken("hearth", single_word=True, normalized=False)])
    return tokenizer


def roberta():
    """Byte-level BPE as RoBERTa has it: GPT-2's own pattern, a space in front, a mask that swallows spaces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    train(
        tokenizer,
        trainers.BpeTrainer(
            vocab_size=700,
            special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
            show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
    return tokenizer


def clip():
    """BPE with an end of word, as CLIP's text side has it."""
    tokenizer = Tokenizer(
        models.BPE(unk_token="<|endoftext|>", continuing_subword_prefix="", end_of_word_suffix="</w>")
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    train(
        tokenizer,
        trainers.BpeTrainer(
            vocab_size=900,
            special_tokens=["<|startoftext|>", "<|endoftext|>"],
            show_progress=False,
            end_of_word_suffix="</w>",
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|endoftext|>", 1), ("<|startoftext|>", 0), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def llama():
    """BPE over characters as Llama 2 and Gemma have it: a sign for the space, bytes for what is unknown."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256) if byte != 0xF1]
    train(
        tokenizer,
        trainers.BpeTrainer(
            vocab_size=900, special_tokens=specials, limit_alphabet=200, max_token_length=12, show_progress=False
        ),
    )
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = file["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_tokens([AddedToken("ember", normalized=True, rstrip=True)])
    return tokenizer


def unigram():
    """Unigram as XLM-RoBERTa and T5 have it, with NFKC instead of a compiled map."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    train(
        tokenizer,
        trainers.UnigramTrainer(
            vocab_size=1200,
            special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
            unk_token="<unk>",
            show_progress=False,
        ),
    )
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=False, normalized=False)])
    tokenizer.add_tokens([AddedToken("Hearth", single_word=True, normalized=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def mapped():
    """The unigram model behind a compiled map of characters and with bytes for what is unknown."""
    file = json.loads(unigram().to_str())
    file["normalizer"] = {
        "type": "Sequence",
        "normalizers": [
            {
                "type": "Precompiled",
                "precompiled_charsmap": base64.b64encode(
                    character_map(
                        {
                            "é": "e",
                            "É": "E",
                            "ß": "ss",
                            "ﬁ": "fi",
                            "Å": "A",
                            "e\u0301": "e",
                            "\u0301": "",
                            "\x01": "",
                            "\t": " ",
                            "\n": " ",
                            "\r": " ",
                            "\u3000": " ",
                            "Ａ": "A",
                            "ガ": "ガ",
                            "カ\u3099": "ガ",
                            "①": "1",
                            "™": "TM",
                            "\u200d": "",
                            "❤\ufe0f": "❤",
                            "ab": "never",
                        }
                    )
                ).decode(),
            },
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        ],
    }
    file["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
            {"type": "Digits", "individual_digits": True},
        ],
    }
    vocabulary = file["model"]["vocab"][:400]
    file["model"]["vocab"] = vocabulary + [[f"<0x{byte:02X}>", -12.5] for byte in range(256)]
    file["model"]["byte_fallback"] = True
    file["added_tokens"] = file["added_tokens"][:4]
    return Tokenizer.from_str(json.dumps(file))


def character_map(rules):
    """SentencePiece's compiled form: a double array (the layout of darts-clone) and the replacements."""
    replacements, starts = b"", {}
    for key, value in sorted(rules.items()):
        starts[key.encode()] = len(replacements)
        replacements += value.encode() + b"\0"
    root = {}
    for key, start in starts.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[None] = start
    units, used = {0: 0}, {0}

    def place(node, index):
        """Puts a node's children where none of them is in another's way."""
        labels = [0 if byte is None else byte for byte in node]
        base = next(base for base in range(1, 1 << 20) if not any(base ^ label in used for label in labels))
        used.update(base ^ label for label in labels)
        offset = index ^ base
        units[index] |= (offset << 10) | ((None in node) << 8)
        for byte in node:
            if byte is None:
                units[base] = node[None] | 1 << 31
            else:
                units[base ^ byte] = byte
        for byte, child in node.items():
            if byte is not None:
                place(child, base ^ byte)

    place(root, 0)
    size = (max(units) | 0xFF) + 1
    array = struct.pack(f"<{size}I", *(units.get(index, 0) for index in range(size)))
    return struct.pack("<I", len(array)) + array + replacements


def word_pieces():
    """WordPiece as BERT has it, cased and with accents left alone where lower case is not asked for."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train(
        tokenizer,
        trainers.WordPieceTrainer(
            vocab_size=1000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False
        ),
    )
    tokenizer.add_tokens(
        [AddedToken("Ember", normalized=True), AddedToken("hearth", normalized=False, single_word=True)]
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(tokenizer_corpus.corpus(), trainer)


TOKENIZERS = {
    "bpe": byte_pairs,
    "roberta": roberta,
    "clip": clip,
    "llama": llama,
    "unigram": unigram,
    "mapped": mapped,
    "wordpiece": word_pieces,
}


def plain(tokenizer):
    """Without what the reader on the other side ignores."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def line(name, tokenizer, data, limit=None):
    entry = {} if name is None else {"tokenizer": name}
    if limit is not None:
        tokenizer.enable_truncation(limit)
        entry["limit"] = limit
    encoding = tokenizer.encode(data.decode(errors="replace"))
    entry |= {"hex": data.hex(), "ids": encoding.ids}
    if any(encoding.type_ids):
        entry["types"] = encoding.type_ids
    tokenizer.no_truncation()
    return json.dumps(entry, separators=(",", ":")) + "\n"


def write_goldens(trains):
    texts = tokenizer_corpus.nasty()
    for name, make in TOKENIZERS.items():
        path = GOLDENS / name / "tokenizer.json"
        if trains or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            file = json.loads(make().to_str())
            path.write_text(json.dumps(file, ensure_ascii=False, separators=(",", ":")) + "\n")
        tokenizer = plain(Tokenizer.from_file(str(path)))
        lines = [line(None, tokenizer, data) for data in texts]
        added = tokenizer.num_special_tokens_to_add(False)
        lines += [line(None, tokenizer, texts[-50], limit) for limit in LIMITS if limit > added]
        lines += [line(None, tokenizer, b"word " * 40, limit) for limit in LIMITS if limit > added]
        path.with_name("goldens.jsonl").write_text("".join(lines))
        print(f"{name}: {tokenizer.get_vocab_size()} tokens, {len(lines)} texts")


def write_fuzz(path, seed, count, tokenizer):
    chosen = {"": tokenizer} if tokenizer else {name: GOLDENS / name / "tokenizer.json" for name in TOKENIZERS}
    with open(path, "w") as file:
        for name, source in chosen.items():
            reference = plain(Tokenizer.from_file(str(source)))
            for data in tokenizer_corpus.fuzz(seed, count):
                file.write(line(name or str(source), reference, data))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--train", action="store_true")
    options.add_argument("--fuzz", metavar="FILE")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--tokenizer", metavar="FILE")
    chosen = options.parse_args()
    if chosen.fuzz:
        write_fuzz(chosen.fuzz, chosen.seed, chosen.count, chosen.tokenizer)
    else:
        write_goldens(chosen.train)


if __name__ == "__main__":
    main()
