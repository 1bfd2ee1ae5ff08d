"""Files of users: what is written reads back the same, and a spreadsheet runs none of it."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.cli.user_files import UserFile, UserWriter, form_of, writing
from doorward.domain.cells import guarded, restored

AWKWARD = [
    "=1+1", "+49", "-1", "@sum", "'", "''", "'=1+1", "'t Hooft", "''=x", "a,b", 'a "b"', "", " ", "\t", "ü 🦊", "null",
    "''x",
]  # fmt: skip


def read(tmp_path, text, form="csv"):
    """All records of a file, and how many bytes the reader has told of."""
    path, told = tmp_path / f"users.{form}", []
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(UserFile(path, form).lines(told.append)), sum(told)


@pytest.mark.parametrize("text", AWKWARD)
def test_a_cell_reads_back_as_it_was(text):
    """Whatever a value begins with; empty text is not nothing."""
    assert restored(guarded(text)) == text
    assert restored(guarded(None)) is None


@given(st.text(alphabet="'=+-@\t\rab ;\"\uff1d", max_size=8) | st.text(max_size=20))
def test_every_cell_reads_back_as_it_was(text):
    """There is no value that the guard could not be taken from again."""
    assert restored(guarded(text)) == text


@given(st.text(alphabet="'=+-@\t\rab ;\uff1d", max_size=8))
def test_no_cell_is_a_formula(text):
    """Nothing that is written begins with what a spreadsheet runs, wherever the semicolon parts the cells, too."""
    cells = guarded(text).split(";")

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")) for cell in cells)


def test_names_that_begin_with_an_apostrophe_stay_as_they_are():
    """In files that were written by hand an apostrophe belongs to the name."""
    assert [restored(cell) for cell in ("'t Hooft", "'s-Gravesande", "+4915112345678")] == [
        "'t Hooft",
        "'s-Gravesande",
        "+4915112345678",
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_written_record_reads_back(tmp_path, form):
    """Commas, quotes, line breaks, accents, empty and absent."""
    columns = ("email", "first_name", "address", "comments", "failed_attempts")
    texts = [*AWKWARD, "two\nlines", "two\r\nlines"]
    records = [dict(zip(columns, ("a@b.example", "Ada", text, None, 0), strict=True)) for text in texts]
    target = io.StringIO(newline="")
    writer = UserWriter(target, form, columns=columns)
    for record in records:
        writer.write(record)

    lines, told = read(tmp_path, target.getvalue(), form)

    expected = [record | ({"failed_attempts": "0"} if form == "csv" else {}) for record in records]
    assert [line.record for line in lines] == expected
    assert told == len(target.getvalue().encode())


def test_an_empty_name_is_an_empty_cell(tmp_path):
    """A name is never absent, so it needs no mark."""
    target = io.StringIO()
    UserWriter(target, "csv", columns=("first_name", "address")).write({"first_name": "", "address": ""})

    assert list(csv.reader(io.StringIO(target.getvalue())))[1] == ["", "'"]


def test_a_password_is_taken_as_it_stands(tmp_path):
    """Only what the export has written is undone, and it writes no passwords."""
    lines, _ = read(tmp_path, "email,password\na@b.example,'=x\n")

    assert lines[0].record["password"] == "'=x"


@pytest.mark.parametrize("text", ["email\r\na@b.example\r\n", "\ufeffemail\na@b.example", "email\n\na@b.example\n\n"])
def test_files_of_other_programs_are_read(tmp_path, text):
    """Line ends of Windows, a byte order mark, no line end at the end, empty lines."""
    lines, _ = read(tmp_path, text)

    assert [line.record for line in lines] == [{"email": "a@b.example"}]


def test_lines_are_counted_as_an_editor_does(tmp_path):
    """A cell may have line breaks in it; a record is named by the line on which it begins."""
    lines, _ = read(tmp_path, 'email,comments\na@b.example,"x\ny"\n\nb@b.example,z\nshort\n')

    assert [line.number for line in lines] == [2, 5, 6]
    assert (lines[2].flaw.code, lines[2].flaw.params) == ("wrong_cells", {"found": 1, "wanted": 2})


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("email,frst_name\n", "csv", ["'frst_name'", "Did you mean first_name?"]),
        ("email,is_active\n", "csv", ["'is_active'", "There are id, email"]),
        ("email;first_name\n", "csv", ["'email;first_name'"]),
        ("email,email\n", "csv", ["twice"]),
        ("", "csv", ["empty"]),
        ('email\n"a\n', "csv", ["Line 2", "no CSV"]),
        (b"email\n\xff\n", "csv", ["Line 2", "UTF-8"]),
        ('{"email": "a@b.example"}\n{"emial": "x"}\n', "jsonl", ["Line 2", "'emial'", "Did you mean email?"]),
        (b'{"email": "\xff"}\n', "jsonl", ["Line 1", "UTF-8"]),
    ],
)
def test_a_file_that_cannot_be_meant_stops_the_import(tmp_path, text, form, words):
    """Where and what, with a hint."""
    with pytest.raises(ValueError, match=re.escape(words[0])) as refused:
        read(tmp_path, text, form)

    assert all(word in str(refused.value) for word in words)


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"email": "a", "email": "b"}', "[" * 100_000])
def test_a_line_that_is_no_object_is_refused(tmp_path, text):
    """The lines after it are read."""
    lines, _ = read(tmp_path, f"{text}\n{json.dumps({'email': 'a@b.example'})}\n", "jsonl")

    assert [line.flaw.code if line.flaw else None for line in lines] == ["unreadable", None]


@pytest.mark.parametrize(("name", "said", "form"), [
    ("a.csv", None, "csv"), ("a.CSV", None, "csv"), ("a.jsonl", None, "jsonl"), ("a.ndjson", None, "jsonl"),
    ("a.txt", "csv", "csv"), ("a.csv", "jsonl", "jsonl"),
])  # fmt: skip
def test_the_name_tells_the_form(tmp_path, name, said, form):
    """Unless it is said."""
    assert form_of(tmp_path / name, said) == form


def test_a_name_that_tells_nothing_is_refused(tmp_path):
    """Nobody guesses."""
    with pytest.raises(ValueError, match="--format"):
        form_of(tmp_path / "users.xlsx", None)


def test_a_new_file_is_its_owners(tmp_path):
    """Mode 0600, and nothing else in the folder."""
    path = tmp_path / "users.csv"
    with writing(path, force=False) as target:
        target.write("x")

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("x", 0o600)
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.csv"]


def test_a_file_that_is_there_stays(tmp_path):
    """Without --force nothing is replaced, also if the file comes while the new one is written."""
    path = tmp_path / "users.csv"

    def come_late():
        with writing(path, force=False) as target:
            path.write_text("old")
            target.write("new")

    with pytest.raises(FileExistsError):
        come_late()
    with pytest.raises(ValueError, match="--force"), writing(path, force=False):
        pass

    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.csv"]


def test_what_fails_half_way_leaves_the_old_file(tmp_path):
    """The new file takes its place when it is finished."""
    path = tmp_path / "users.csv"
    path.write_text("old")
    path.chmod(0o644)

    def fail():
        with writing(path, force=True) as target:
            target.write("new")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert path.read_text() == "old"
    with writing(path, force=True) as target:
        target.write("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.csv"]
