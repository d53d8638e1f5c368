"""The text is read while one pauses, and its numbers follow the text, through the real window."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from studio.core import messages as m
from studio.insight import MAX_READ_CHARS, stretch
from tests.ui.finding import find
