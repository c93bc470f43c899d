#!/usr/bin/env python3
"""Every relative link of every Markdown document in the tree must lead to a file or folder.

Usage: links_test.py ROOT      exit 0: all lead somewhere, 1: broken ones, listed
"""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")


def links(text):
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    text = re.sub(r"`[^`]*`", "", text)
    return LINK.findall(text)


def anchors(text):
    """GitHub's anchors of a document's headings."""
    headings = re.findall(r"^#+ +(.*?)\s*$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def main(root):
    names = subprocess.run(["git", "-C", root, "ls-files", "*.md"], check=True, capture_output=True, text=True)
    broken = checked = 0
    for name in names.stdout.split():
        if name.startswith(("examples/", "tests/", "fuzz/")):
            continue  # inputs, not documents
        document = pathlib.Path(root, name)
        text = document.read_text(encoding="utf-8")
        for link in links(text):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = document.parent / path if path else document
            checked += 1
            if not target.exists():
                print(f"{name}: {link}: no such file")
                broken += 1
            elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
                print(f"{name}: {link}: no such heading")
                broken += 1
    print(f"{checked} links, {broken} broken")
    return 1 if broken or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
