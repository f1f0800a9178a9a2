"""What a person pasted and did not write: logs, tracebacks, code, tables, markup, settings; by the shape of lines.

A line of a machine has a form that prose has not: a time with seconds, an indented brace, `key = "value"`, a row of
cells, a word of fifty letters. Those are cut, and what stands inside a block of them; prose before and after it stays.
Numbers, lists, addresses and verses are prose. Knows nothing of what the lines say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import groupby, pairwise

_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_BEGINS = (
    # logs
    r"\W*(?:\d{4}[-/]\d\d[-/]\d\d[T ,]+\d{1,2}:\d\d:\d\d|\d\d[-/.]\d\d[-/.]\d{2,4}[T ,]+\d{1,2}:\d\d:\d\d|"
    r"\[?\d{1,2}:\d\d:\d\d[.,]?\d*\]?[ |]|[A-Z][a-z]{2} [ \d]?\d \d{1,2}:\d\d:\d\d |"
    r"(?:\d{1,3}\.){3}\d{1,3}\s.*\[|\[ *\d+\.\d+\] )",
    r"\s*\[?(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL|CRITICAL|NOTICE)\]?[:\]/ ]+\s*\S*[\[({:/=._]",
    r"\s*\[?(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL|CRITICAL)\b",
    r"\s*[VDIWEF]/[\w.]+[ (:]",
    # traces
    r"Traceback \(most recent",
    r"\s*File \".*\", line \d",
    r"\s*at [\w.$<>/]+[ (].*[:)]",
    r"Caused by: ",
    r"\s*\.\.\. \d+ more",
    r"(?:[\w]+\.)*\w*(?:Error|Exception|Warning|Interrupt)\b(?::|$)",
    r"goroutine \d+",
    r"panic: ",
    r"thread '.*' panicked",
    r"\s*\^[~^]*\s*$",
    r"(?:note|help): ",
    r"\s*(?:done|fi|esac)\s*$",
    r"(?:Author|AuthorDate|Date|Merge): .*(?:[<+]|\d:\d)",
    r"exit status \d",
    r"Exception in thread",
    r"Segmentation fault",
    r"(?:npm|yarn|pip|cargo|error\[E\d+\]|make(?:\[\d\])?)(?: ERR!|: |\[)",
    r"[\w./\\-]+:\d+(?::\d+)?: ",
    r"\s*-->\s",
    r"\s*\d+ \|\s",
    r"Requirement already",
    r"\w+ \d+% \|",
    r"(?:PHP )?(?:Fatal|Parse|Uncaught) \w*error\b",
    r"Stack trace:",
    r"\s*#\d+ ",
    r"\s*thrown in /",
    r"\s*(?:from )?[\w./-]+:\d+:in [`']",
    r"\w*(?:[\w.]*\.|.*\.\w+\.)\w+(?:Error|Exception)\b[:)]",
    r".*\(\w+(?:Error|Exception)\)$",
    r"[A-Z][A-Z-]{3,}(?:;[A-Z]+=\S+)?:\S",
    r"(?!.*\b(?:the|my|is|do)\b)(?:sudo|docker|kubectl|curl|wget|git (?:clone|commit|push|pull|"
    r"checkout|status|add|log|diff|merge|"
    r"rebase)|pip3? install|npm (?:install|run)|apt(?:-get)? (?:install|update)) ?\S*",
    r"[*\s]*(?:[\w/.-]+ +)?(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40} ",
    r"(?:FROM|RUN|CMD|COPY|WORKDIR|ENV|EXPOSE|ENTRYPOINT|ADD|ARG|USER|VOLUME) \S*[./\[=:_-]",
    r"[A-Z]{3,}\d{3,}: ",
    r"[45]\d\d (?:[A-Z][a-z]+ ?)+$",
    r".*\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-",
    # diffs, shells, commands
    r"diff --git ",
    r"@@ .* @@",
    r"(?:---|\+\+\+) \S*[/.]\S",
    r"index [0-9a-f]{6,}",
    r"commit [0-9a-f]{7,}",
    r"[<>]{7} ",
    r"={7}$",
    r"\s*(?:\$|>>>|\.\.\.|PS [A-Z]:\\|[A-Z]:\\[^ ]*>|[\w.-]+@[\w.-]+[: ][^ ]*[$#%])\s+\S",
    r"#!/",
    # markup and data
    r"\s*</?[A-Za-z!?][\w:.-]*(?:\s[^<>]*)?/?>",
    r"\s*<[A-Za-z][\w-]*(?:\s+[\w:-]+=.*)?$",
    r"\s*[{}\[\]()]+[;,]?\s*$",
    r"\s*[\"'][^\"']*[\"']\s*:\s*(?:[\"'\[{\d-]|true|false|null|$)",
    r"\s*\{.*\}[,;]?\s*$",
    r"\s*\[(?:\s*[\"{\[\d-].*)\],?\s*$",
    r"\s*[\w.-]+\s*\{\s*$",
    r"\s*[\w-]+:\s[^ ].*;\s*$",
    r"\[[\w .:/\"-]+\]\s*$",
    r"\s*[A-Z][A-Z0-9_]{2,}=\S*",
    r"\s*[a-z][\w.-]*(?:\[\w*\])?\s?=\s?(?:[\"'\[{(]|true|false|none|null|-?\d|\w+[.(\[/]|\S+$)",
    r"%?-{3}\s*$",
    r"\s*<\?",
    r"-----(?:BEGIN|END) ",
    r"(?:GET|POST|PUT|DELETE|HEAD|PATCH) /",
    r"HTTP/\d",
    r"[A-Z][A-Za-z]+(?:-[A-Z][A-Za-z]+)+: ",
    r"\\(?:begin|end|documentclass|usepackage|section)\b",
    r"\s*\S{50,}\s*$",
    r"[0-9a-f]{4,8}:? +(?:[0-9a-f]{2,4} ){4}",
    r"\s*(?:[0-9a-f]{2}[: ]){7}",
    # code
    r"\s*(?:def|class|async def) \w+.*:\s*(?:#.*)?$",
    r"\s*(?:import [\w.]+(?: as \w+)?(?:, [\w.]+)*|from [\w.]+ import (?:\(|\*|"
    r"\w+(?: as \w+)?(?:, \w+(?: as \w+)?)*));?\s*$",
    r"\s*#\s*(?:include|define|ifdef|ifndef|endif|pragma)\b",
    r"\s*@\w+(?:\.\w+)*(?:\(.*\))?\s*$",
    r"\s*(?://|/\*|\*/|<!--)",
    r"\s*(?:public|private|protected|static|const|let|var|export|func|function|fn|package|namespace|using|"
    r"struct|enum|interface|impl|type|use|val|def)\s.*[;{=(]",
    r"\s*(?:if|for|while|switch|catch|elif|else if|foreach)\b ?\(.*\)\s*\{?\s*\S*[;{]?$",
    r"\s*(?:if|elif|while|for|with|except)\b.*(?:\w\(|\w[.\[]\w|[=!<>]=?| in \w+\b|^\s*except\b).*:\s*$",
    r"\s*(?:else|try|finally):\s*$",
    r"\s*\}\s*\w*",
    r"\s*(?:return|yield|raise|throw|await|assert|print)\b.*[()\[\];=_].*$",
    r"\s*[\w.\[\]\"']+ ?(?:[-+*/|&]|:)?= ?.*[()\[\]{}\"'.;]\s*$",
    r"\s*[\w.]+\(.*\)[;,:]?\s*(?:#.*|//.*)?$",
    r"\s*\.\w+\(.*",
    r"\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|FROM|WHERE|LEFT JOIN|"
    r"INNER JOIN|JOIN|GROUP BY|ORDER BY|HAVING|LIMIT|VALUES)\b(?=.*(?:[;=*(,._]|\b[A-Z]{2,}\b|\d|$))",
)
"""How lines begin that no person writes."""
_HOLDS = (
    r"\w::\w",
    r"\$[A-Za-z_{]",
    r"; (?:do|then)\s*$",
    r"\b\w+=\S+(?:\s+\w+=\S+)+(?:\s+\w+)?\s*$",
    r"\((?:\d{1,3}\.){3}\d{1,3}\)",
    r"</\w+>\s*$",
    r"(?<![/\w])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Z])[\w+=-][\w+/=-]{43,}",
    r"\{\s*$",
    r"[)\]}=\"'].*;\s*$",
    r"\{[^{}]*;\s*\}\s*$",
    r"=>",
)
"""What such lines hold."""
_LEVEL_IN_PROSE = re.compile(
    r"^\s*(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL|CRITICAL)\b[:!]? ?(?:[A-Z']?[a-z']+[ ,]+){4,}.*[.!?]$"
)
_CELLS = re.compile(r"\t|\|| {2,}(?=\S)")
_FIELDS = re.compile(r",(?! )|;(?! )")
_SETTING = re.compile(r"^\s*(?:- )?[a-z][\w.-]*:(?:\s+\S.*)?$")
_MACHINE_KEY = re.compile(
    r"^\s*(?:- )?(?:[a-z]+(?:[_.-]\w+)+|[a-z]+[A-Z]\w*):"
    r"|:\s+(?:true|false|null|\d+|[\"'\[{/~|>].*|\S+[/_:.]\S+|[a-z0-9]+(?:-[a-z0-9]+)+)$"
    r"|^\s+(?:- )?[a-z]\w*:(?:\s|$)|:$"
)
_GLUED = re.compile(
    r"(?<=\S)[ \t]+(?=Traceback \(most recent call last\):|Exception in thread \"|goroutine \d+ \[|-----BEGIN |"
    r"diff --git |\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* [\[(]?[A-Z]{4,}\b)"
)
"""What a paste begins with that was set behind a sentence, on its line."""
_SIGNS = re.compile(r"[{}\[\]<>=;|\\/_$#@^~`+*&%]")
_READ = 200
"""Characters of a line that tell its shape; of a paragraph on one line they are prose."""
_BETWEEN = 2
"""Lines that may stand between two of a paste and be cut with them."""
_DENSE = 0.16
"""Share of such signs among a line's letters, from which it is no prose."""
_LINK = re.compile(r"https?://\S+|\S+@\S+\.\w+")
_BULLET = re.compile(r"^\s*(?:[-*+•#>]+|\d+[.)])\s+|\*\*|__|`")
_SENTENCE = re.compile(r"^\W{0,3}(?:[^\W\d_][\w'’,-]*[,;:]? ){5,}.*[.!?…:]\W{0,2}$")
_HEADER = re.compile(r"^[A-Z][\w-]*: \S+$")
_INDENTED = re.compile(r"(?: +|\t|[-+] ?\s{2,}|[-+](?! ))\S")


def prose(text: str) -> str:
    """Return what of a text a person wrote: without fenced blocks, and without lines that machines write together."""
    bare = _FENCE.sub("\n", text)
    lines = _GLUED.sub("\n", bare).split("\n")
    cut = [_by_machine(line) for line in lines]
    for together in (_rows(lines), _records(lines), _settings(lines)):
        cut = [one or other for one, other in zip(cut, together, strict=True)]
    if not any(cut):
        return bare
    cut = _closed_up(lines, cut)
    return "\n".join(line for line, gone in zip(lines, cut, strict=True) if not gone)


def _by_machine(line: str) -> bool:
    """Return whether the shape of a line tells by itself."""
    if not line.strip():
        return False
    seen = line[:_READ]
    if _compiled(*_BEGINS).match(seen) or _compiled(*_HOLDS).search(seen):
        return _LEVEL_IN_PROSE.match(line) is None
    plain = _BULLET.sub("", _LINK.sub("", line))
    solid = sum(not sign.isspace() for sign in plain)
    return solid >= 12 and len(_SIGNS.findall(plain)) >= _DENSE * solid


@cache
def _compiled(*shapes: str) -> re.Pattern[str]:
    """Return a pattern for any of the shapes."""
    return re.compile("|".join(shapes))


def _rows(lines: Sequence[str]) -> list[bool]:
    """Mark rows of a table: two or more next to each other, with at least three cells each."""
    wide = [len(_CELLS.findall(line.strip().strip("|"))) >= 2 for line in lines]
    return [one and any(wide[at] for at in _beside(index, lines)) for index, one in enumerate(wide)]


def _records(lines: Sequence[str]) -> list[bool]:
    """Mark records: two or more next to each other, of three values or more, parted by commas with no space after."""
    signs = [len(_FIELDS.findall(line)) for line in lines]
    return [
        count >= 2 and any(abs(signs[at] - count) <= 1 for at in _beside(index, lines))
        for index, count in enumerate(signs)
    ]


def _beside(index: int, lines: Sequence[str]) -> list[int]:
    """Return the places next to a line."""
    return [at for at in (index - 1, index + 1) if 0 <= at < len(lines)]


def _settings(lines: Sequence[str]) -> list[bool]:
    """Mark settings ("port: 8080"): two lines or more of a block, half of them with a machine's key or value."""
    made = [False] * len(lines)
    for filled, group in groupby(range(len(lines)), key=lambda index: bool(lines[index].strip())):
        found = [index for index in group if filled and _SETTING.match(lines[index])]
        sure = sum(_MACHINE_KEY.search(lines[index]) is not None for index in found)
        if len(found) >= 2 and sure * 2 >= len(found):
            for index in found:
                made[index] = True
    return made


def _closed_up(lines: Sequence[str], cut: Sequence[bool]) -> list[bool]:
    """Cut too what stands inside a pasted block: what is indented below its lines, and two lines between two of them.

    A line that is a sentence stays.
    """
    made = list(cut)
    below = False
    for index, line in enumerate(lines):
        if line.strip():
            below = made[index] = made[index] or (below and bool(_INDENTED.match(line) or _HEADER.match(line)))
    sure = [index for index, gone in enumerate(made) if gone]
    for first, second in pairwise(sure):
        between = range(first + 1, second)
        if len([index for index in between if lines[index].strip()]) <= _BETWEEN:
            for index in between:
                made[index] = _SENTENCE.match(lines[index]) is None
    return made
