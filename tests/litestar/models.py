"""The types into which bodies are decoded, and a user's own classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Request, WebSocket
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import State, UploadFile
from litestar.dto import DataclassDTO, DTOConfig, MsgspecDTO


class Point(msgspec.Struct):
    x: int
    y: int = 0


@dataclass
class Person:
    name: str
    age: int = 0
    tags: list[str] = field(default_factory=list)


class PersonDTO(DataclassDTO[Person]):
    config = DTOConfig(exclude={"age"}, rename_fields={"name": "fullName"})


class PointDTO(MsgspecDTO[Point]):
    config = DTOConfig(rename_strategy="upper", partial=True)


class Celsius:
    """A type that only a type decoder of the app's own can make."""

    def __init__(self, degrees: float) -> None:
        self.degrees = degrees


def is_celsius(kind: Any) -> bool:
    return kind is Celsius


def decode_celsius(kind: type[Any], value: Any) -> Any:
    return kind(float(str(value).removesuffix("C")))


def encode_celsius(value: Celsius) -> str:
    return f"{value.degrees}C"


@dataclass
class Weather:
    place: str
    celsius: Celsius


@dataclass
class Upload:
    title: str
    files: list[UploadFile]


@dataclass
class User:
    name: str


class Token(msgspec.Struct):
    value: str


class AppState(State):
    pass


class OwnRequest(Request[User, Token, AppState]):
    """A class with attributes of its own: it has no slots, so its instances have a dict."""

    @property
    def shout(self) -> str:
        return self.url.path.upper()


class SlottedRequest(Request):
    """A class that changes the scope when it is made."""

    __slots__ = ("mark",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mark = self.headers.get("x-mark", "none")
        self.scope["state"]["mark"] = self.mark

    async def body(self) -> bytes:
        return (await super().body()).upper()


class OwnSocket(WebSocket[User, Token, State]):
    """A class that changes what is received and sent, and keeps a note."""

    def __init__(self, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        super().__init__(scope, receive, send)
        self.received = 0

    async def receive_data(self, mode: Any) -> Any:
        data = await super().receive_data(mode)
        self.received += 1
        return data[::-1]

    async def send_data(self, data: Any, mode: Any = "text", encoding: str = "utf-8") -> None:
        await super().send_data(data, mode, encoding)
        await super().send_data(f"sent after {self.received}", mode)
