"""The licences of what a page contains beside its run."""

from __future__ import annotations

from etudes import __version__

_RUNTIME = """\
ONNX Runtime Web {version}, unchanged: https://github.com/microsoft/onnxruntime

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

It contains works of others; their licences:
https://github.com/microsoft/onnxruntime/blob/v{version}/ThirdPartyNotices.txt
"""
"""Its package has no file of the licence: this is LICENSE of its repository."""

_ETUDES = """\
Études {version}: this page and the source of the study in it

Copyright the Études authors. Licensed under the Apache License, Version 2.0:
https://www.apache.org/licenses/LICENSE-2.0
"""


def licences(runtime: str) -> tuple[tuple[str, str], ...]:
    """Names and texts of the licences.

    Args:
        runtime: the version of ONNX Runtime Web.
    """
    return (
        ("Études (Apache-2.0)", _ETUDES.format(version=__version__)),
        ("ONNX Runtime Web (MIT)", _RUNTIME.format(version=runtime)),
    )
