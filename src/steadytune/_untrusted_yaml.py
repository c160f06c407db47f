"""YAML that anyone may have written: with limits, without references, tags and double keys."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node

_DEEPEST = 50
_LARGEST = 2**64 - 1
_LONGEST = 100  # characters of a whole number: in base 2, with underscores
_OCTAL = re.compile(r"[-+]?0[0-7_]+")


def parse_yaml(text: str) -> Any:
    """The value of a YAML text, nested 50 deep at most.

    Raises:
        ValueError: If it is not YAML, is nested deeper, or has an anchor, a tag or a key
            twice in one mapping; with the reason in one line.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which alone would unfold references without end."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise ConstructorError(None, None, "anchors and aliases are not taken", _mark(event))
        if tag := getattr(event, "tag", None):  # the safe loader fails on `!!int ''` and others
            wrong = f"the tag {tag[:50]!r} is not taken; leave it out"
            raise ConstructorError(None, None, wrong, _mark(event))
        if self._depth >= _DEEPEST:
            deep = f"nested more than {_DEEPEST} deep"
            raise ConstructorError(None, None, deep, _mark(event))
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value if isinstance(node, MappingNode) else ():
            name = str(key.value)
            if name in seen:
                raise ConstructorError(None, None, f"{name!r} is given twice", key.start_mark)
            seen.add(name)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found

    def construct_yaml_int(self, node: Any) -> int:
        if _OCTAL.fullmatch(node.value):
            wrong = f"{node.value} begins with 0, which YAML takes for base 8; leave the 0 out"
            raise ConstructorError(None, None, wrong, node.start_mark)
        _require_no_colon(node)
        value = 0 if len(node.value) > _LONGEST else int(super().construct_yaml_int(node))
        if len(node.value) > _LONGEST or abs(value) > _LARGEST:
            wrong = f"{node.value[:20]}... is too large; expected a whole number of 64 bits"
            raise ConstructorError(None, None, wrong, node.start_mark)
        return value

    def construct_yaml_float(self, node: Any) -> float:
        _require_no_colon(node)
        return float(super().construct_yaml_float(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


def _require_no_colon(node: Any) -> None:
    """YAML takes 1:30 for 90, and much time for long ones."""
    if ":" in node.value:
        wrong = f"{node.value[:20]} is a number in base 60; put it in quotes if it is text"
        raise ConstructorError(None, None, wrong, node.start_mark)


def _mark(event: Any) -> Any:
    return event.start_mark
