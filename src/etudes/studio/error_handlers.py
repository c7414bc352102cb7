"""An error that a person can fix becomes a line on the page, or a record in the answer of the HTTP API."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr
from pydantic import ConfigDict, ValidationError, validate_call

from etudes.errors import UserError
from etudes.studio.html import error_line, without_folders
from etudes.studio.translations import Translations

Handler = Callable[..., Any]


def show_errors(translate: Translations, outputs: int = 1) -> Callable[[Handler], Handler]:
    """A handler whose `UserError` is shown in its first output; its other outputs stay as they are."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def handled(*values: Any) -> Any:
            try:
                return handler(*values)
            except UserError as error:
                line = error_line(translate, str(error))
                return line if outputs == 1 else (line, *[gr.skip()] * (outputs - 1))

        return handled

    return decorate


def return_errors(action: Handler) -> Handler:
    """An action whose `UserError`, or a value of a wrong type, is returned as {"error": "one line"}."""
    checked, names = validate_call(config=ConfigDict(strict=True))(action), list(inspect.signature(action).parameters)

    @functools.wraps(action)
    def answered(*values: Any, **named: Any) -> Any:
        try:
            return checked(*values, **named)
        except ValidationError as error:
            first = error.errors()[0]
            where = first["loc"][0]
            return {"error": f"{names[where] if isinstance(where, int) else where}: {first['msg']}"[:190]}
        except UserError as error:
            return {"error": without_folders(str(error))}

    return answered
