"""Blocks of code, highlighted when a post is written, within limits of time."""

from __future__ import annotations

from collections.abc import Iterator
from time import thread_time
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_by_name
from pymdownx import highlight

# The languages blogs use. Lexers need time that grows with the square of odd input, some of them
# between two tokens, where nothing can stop them; these were tried with floods at CODE_CHARS.
LANGUAGES = frozenset(
    """
    apacheconf awk bash bat batch c c# c++ cfg clj clojure cmake console cpp cs csharp css dart diff
    docker dockerfile elixir elm erlang ex f# fsharp go golang graphql groovy haskell hcl hs html
    http ini java javascript js json json5 jsx julia kotlin less lisp lua make makefile mysql
    nginx nix objective-c objectivec ocaml perl php pl postgres postgresql powershell
    properties proto protobuf ps1 py pycon pytb python python-console r rb rs ruby rust sass scala
    scheme scss sh shell shell-session sql sqlite3 swift tcl terraform tf toml ts tsx typescript
    udiff vb.net vim xml yaml yml zig zsh
    """.split()
)
OTHER_NAMES = {"kt": "kotlin", "patch": "diff"}
CODE_CHARS = 10_000
LINE_CHARS = 500
ALL_CODE_CHARS = 60_000
LEXER_SECONDS = 0.12
"""CPU time for all code of a post, some twice what ALL_CODE_CHARS of ordinary code need."""


class Purse:
    """What is left for highlighting in this document. Code beyond it is shown plain."""

    def __init__(self, scale: float) -> None:
        self.chars = int(ALL_CODE_CHARS * scale)
        self.seconds = LEXER_SECONDS * scale


class _FrugalLexer(Lexer):
    """Tokens of another lexer, or plain text as soon as that takes too long."""

    def __init__(self, lexer: Lexer, purse: Purse) -> None:
        super().__init__(stripnl=lexer.stripnl)
        self.lexer, self.purse = lexer, purse

    def get_tokens(self, text: str, unfiltered: bool = False) -> Iterator[tuple[Any, str]]:
        began = thread_time()
        tokens = []
        for token in self.lexer.get_tokens(text, unfiltered):
            tokens.append(token)
            if thread_time() - began > self.purse.seconds:
                tokens = list(TextLexer(stripnl=self.stripnl).get_tokens(text))
                break
        self.purse.seconds -= thread_time() - began
        return iter(tokens)


class _Highlight(highlight.Highlight):  # type: ignore[misc]
    """Highlights the languages in `LANGUAGES`, in blocks of up to `CODE_CHARS`; the rest is plain."""

    def get_lexer(self, src: str, language: str, _inline: bool, stripnl: bool) -> tuple[Lexer, str]:
        purse: Purse = self.md.purse
        name = OTHER_NAMES.get((language or "").lower(), (language or "").lower())
        long = max(map(len, src.split("\n"))) > LINE_CHARS or len(src) > min(CODE_CHARS, purse.chars)
        if name not in LANGUAGES or long:
            return TextLexer(stripnl=stripnl), "text"
        purse.chars -= len(src)
        return _FrugalLexer(get_lexer_by_name(name, stripnl=stripnl), purse), name


class HighlightExtension(highlight.HighlightExtension):  # type: ignore[misc]
    def get_pymdownx_highlighter(self) -> type[highlight.Highlight]:
        return _Highlight
