"""Events of a run as versioned JSON objects, and sinks that write them."""

from .event import Event as Event
from .event import EventMaker as EventMaker
from .jsonl import JsonLines as JsonLines
from .jsonl import json_lines_on as json_lines_on
from .jsonl import open_json_lines as open_json_lines
