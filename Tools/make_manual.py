#!/usr/bin/env python3
"""Writes the manual page hearth(1) from what the program says of itself.

    python3 Tools/make_manual.py [--hearth .build/release/hearth] >hearth.1

The commands and their options are those that `hearth help` shows. Python's standard library only.
"""

import argparse
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Every command has these; they are told once.
COMMON = {"help", "version"}
FILES = [
    ("hearth-data", "the data folder, unless --data or HEARTH_DATA names another: database, pictures, models"),
    ("PREFIX/share/hearth/ModelFolders", "the models that come with Hearth"),
]


def escaped(text):
    """Text that roff leaves as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    lines = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text).split("\n")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def name(option):
    """`-k, --key <value>`"""
    names = ", ".join(("-" if each["kind"] == "short" else "--") + each["name"]
                      for each in sorted(option["names"], key=lambda each: len(each["name"])))
    return names + (f" <{option['valueName']}>" if option["kind"] == "option" else "")


def synopsis(path, command):
    words = [f"\\fB{escaped(' '.join(path))}\\fR"]
    arguments = shown(command)
    if any(each["kind"] != "positional" for each in arguments):
        words.append("[\\fIoptions\\fR]")
    for each in arguments:
        if each["kind"] == "positional":
            word = f"\\fI{escaped(each['valueName'])}\\fR" + (" ..." if each["isRepeating"] else "")
            words.append(f"[{word}]" if each["isOptional"] else word)
    return " ".join(words)


def shown(command):
    return [each for each in command.get("arguments", []) if each.get("shouldDisplay", True)
            and not (each.get("preferredName") or {}).get("name") in COMMON]


def describe(path, command):
    """The section of a command, and those of its own commands."""
    children = [each for each in command.get("subcommands", []) if each["commandName"] != "help"]
    if len(path) > 1 and (not children or shown(command)):
        yield ".SS " + " ".join(escaped(part) for part in path[1:])
        yield synopsis(path, command)
        yield ".PP"
        yield escaped(" ".join(filter(None, [command.get("abstract"), command.get("discussion")])))
        for each in shown(command):
            label = f"<{each['valueName']}>" if each["kind"] == "positional" else name(each)
            text = each.get("abstract", "")
            if default := each.get("defaultValue"):
                text += f" Default: {default}."
            yield f".TP\n\\fB{escaped(label)}\\fR\n{escaped(text)}"
    for each in children:
        if each.get("shouldDisplay", True):
            yield from describe([*path, each["commandName"]], each)


def page(command):
    title, abstract = command["commandName"], command["abstract"]
    yield f".TH {title.upper()} 1"
    yield f".SH NAME\n{title} \\- {escaped(abstract[0].lower() + abstract[1:].rstrip('.'))}"
    yield f".SH SYNOPSIS\n\\fB{title}\\fR \\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]"
    yield (".SH DESCRIPTION\n\\fBhearth serve\\fR runs the server; most other commands ask one that runs. "
           "\\fBhearth doctor\\fR says what a set\\-up lacks.")
    yield ".SH COMMANDS"
    yield from describe([title], command)
    yield ".SH COMMON OPTIONS\n.TP\n\\fB\\-h, \\-\\-help\\fR\nShow help."
    yield ".TP\n\\fB\\-\\-version\\fR\nShow the version."
    yield (".SH ENVIRONMENT\nEvery setting has a variable whose name begins with HEARTH_; \\fBhearth config\\fR lists "
           "them with their values.")
    yield ".SH FILES"
    for path, text in FILES:
        yield f".TP\n\\fI{escaped(path)}\\fR\n{escaped(text[0].upper() + text[1:])}."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", type=Path, default=ROOT / ".build/release/hearth")
    options = parser.parse_args()
    dumped = subprocess.run([options.hearth.resolve(), "--experimental-dump-help"], check=True, capture_output=True)
    print("\n".join(page(json.loads(dumped.stdout)["command"])))


if __name__ == "__main__":
    main()
