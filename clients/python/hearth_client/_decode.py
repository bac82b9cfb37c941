"""Turns the JSON of answers into the dataclasses of `models`."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


def decode(kind: Any, value: Any) -> Any:
    """A value of the type `kind`. Fields that the type does not know are left out: a newer server may send them."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(kind) if kind is not type(None)]
        return None if value is None else decode(kinds[0], value)
    if origin is list:
        return [decode(typing.get_args(kind)[0], element) for element in value]
    if origin is dict:
        return {key: decode(typing.get_args(kind)[1], element) for key, element in value.items()}
    if dataclasses.is_dataclass(origin or kind):
        return _decode_object(origin or kind, typing.get_args(kind), value)
    return float(value) if kind is float and isinstance(value, int) else value


def _decode_object(kind: Any, arguments: tuple[Any, ...], value: dict[str, Any]) -> Any:
    fields = {}
    for name, field in _fields(kind).items():
        # A word of Python's own has an underscore behind it: `from_`.
        key = name.removesuffix("_")
        if key in value:
            # The one generic type is the page: its parameter is the type of its items.
            parameter = getattr(kind, "__parameters__", ())
            fields[name] = decode(field[dict(zip(parameter, arguments))[parameter[0]]]
                                  if parameter and getattr(field, "__parameters__", ()) else field, value[key])
    return kind(**fields)


@functools.cache
def _fields(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
