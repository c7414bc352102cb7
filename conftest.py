"""Some tests press Ctrl-C upon themselves, also where a shell that began them in the background ignores it."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
