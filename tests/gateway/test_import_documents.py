"""Documents: chunks that say where they stand, that fit an embedding, and that stay the same."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.imports import Format, Reading, detect
from gateway.cli.imports.documents import markdown, plain_text
from gateway.cli.place import CliError

GUIDE = """\
---
title: The guide
---
Before any heading.

# Guide

## Install *on* `Linux`

Get the package.

- one
  - nested
- two

```sh
# no heading
make
```

## Use

### Daily

Run it.

<!-- a note to writers -->

***

Afterwards
----------

| a | b |
|---|---|
| 1 | 2 |
"""


def texts(reading: Reading) -> list[str]:
    return [chunk.text for chunk in reading.chunks]


def words(count: int, name: str = "word") -> str:
    return " ".join(f"{name}{n}" for n in range(count))


def test_each_section_is_a_chunk_under_the_path_of_its_headings() -> None:
    reading = markdown(GUIDE.encode())
    assert texts(reading) == [
        "Before any heading.",
        (
            "Guide > Install on Linux: Get the package.\n\n- one\n  - nested\n- two\n\n"
            "```sh\n# no heading\nmake\n```"
        ),
        "Guide > Use > Daily: Run it.",
        "Guide > Afterwards:\n| a | b |\n|---|---|\n| 1 | 2 |",
    ]
    assert reading.left_out == {"front matter": 1}


def test_a_heading_with_nothing_under_it_is_a_chunk_of_its_own() -> None:
    assert texts(markdown(b"# A\n\n## B\n\n## C\n\nText.\n\n# D")) == ["A > B", "A > C: Text.", "D"]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert texts(markdown(b"---\n\nText above.\n\n---\n\nText below.")) == ["Text above.\n\nText below."]


def test_a_long_section_is_cut_between_paragraphs() -> None:
    paragraphs = [words(80, name) for name in "abcde"]
    chunks = texts(markdown(("# T\n\n" + "\n\n".join(paragraphs)).encode()))
    assert chunks == [
        f"T: {paragraphs[0]}\n\n{paragraphs[1]}",
        f"T: {paragraphs[2]}\n\n{paragraphs[3]}",
        f"T: {paragraphs[4]}",
    ]


def test_code_and_lists_stay_whole_where_they_fit_and_are_cut_between_lines_and_items() -> None:
    code = "```\n" + "\n".join(f"let a{n} = b{n}" for n in range(60)) + "\n```"
    assert f"T:\n{code}" in texts(markdown(f"# T\n\n{words(100)}\n\n{code}\n".encode()))

    items = [f"- {words(20, f'x{n}y')}\n  - below {n}" for n in range(20)]
    for chunk in texts(markdown(("# T\n\n" + "\n".join(items)).encode())):
        _, *lines = chunk.split("\n")
        assert lines[0].startswith("- x")
        assert lines[-1].startswith("  - below")


def test_one_changed_section_changes_no_other_chunk() -> None:
    before = texts(markdown(GUIDE.encode()))
    after = texts(markdown(GUIDE.replace("Run it.", "Run it twice.").encode()))
    assert len(set(before) & set(after)) == len(before) - 1


def test_line_ends_and_spaces_behind_lines_do_not_make_other_chunks() -> None:
    other = GUIDE.replace("package.\n", "package.   \n").replace("\n", "\r\n")
    assert texts(markdown(b"\xef\xbb\xbf" + other.encode())) == texts(markdown(GUIDE.encode()))


def test_plain_text_is_cut_between_paragraphs_and_a_title_stays_with_what_follows() -> None:
    first, second = words(30, "a"), words(150, "b")
    text = f"A TITLE\n\n{first}\n\n\n{second}\n \n# no heading here\n"
    assert texts(plain_text(text.encode())) == [f"A TITLE\n{first}", second, "# no heading here"]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentences = [f"Sentence {n} says {words(30, 'w')}." for n in range(20)]
    chunks = texts(plain_text(" ".join(sentences).encode()))
    assert len(chunks) > 2
    assert all(chunk.endswith(".") for chunk in chunks)
    assert " ".join(chunks) == " ".join(sentences)


def test_the_same_words_twice_are_one_chunk() -> None:
    assert texts(markdown(b"# A\n\nSame.\n\n# A\n\nSame.")) == ["A: Same."]


@pytest.mark.parametrize("text", ["x" * 100_000, "\u6771" * 50_000, "x" * 3000 + " y", "- " + "z" * 40_000])
def test_no_chunk_is_too_long_for_an_event_whatever_the_script(text: str) -> None:
    for read in (markdown, plain_text):
        chunks = texts(read(text.encode()))
        assert len(chunks) > 1
        assert all(len(chunk.encode()) < 16_000 for chunk in chunks)


@pytest.mark.parametrize(
    ("file", "hint"), [(b"", "empty"), (b" \n", "empty"), (b"a\0b", "binary"), (b"\xff\xfe", "not UTF-8")]
)
def test_a_file_without_text_is_one_clear_error(file: bytes, hint: str) -> None:
    for read in (markdown, plain_text):
        with pytest.raises(CliError) as error:
            read(file)
        assert hint in str(error.value)


def test_the_name_tells_a_document() -> None:
    assert detect(b"[link](x)", "README.md") is Format.MARKDOWN
    assert detect(b"{not json", "a.TXT") is Format.TEXT
    with pytest.raises(CliError, match="--format"):
        detect(b"Dear diary", "diary")
    with pytest.raises(CliError, match="standard input"):
        detect(b"Dear diary", "")


MARKUP = st.lists(
    st.sampled_from(
        ["# h", "## g", "text here", "- item", "  - sub", "```", "> quote", "| a |", "|--|", "", "---"]
    )
)


@given(MARKUP)
def test_every_word_of_a_section_is_in_a_chunk(lines: list[str]) -> None:
    source = "\n".join(lines)
    with contextlib.suppress(CliError):
        chunks = texts(markdown(source.encode()))
        for word in ("item", "sub", "here", "quote"):
            assert (word in source) == any(word in chunk for chunk in chunks)


@given(st.text())
def test_no_text_makes_anything_but_chunks_or_an_error(text: str) -> None:
    for read in (markdown, plain_text):
        with contextlib.suppress(CliError):
            assert all(chunk.text.strip() for chunk in read(text.encode("utf-8", "ignore")).chunks)
