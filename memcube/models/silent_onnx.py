"""onnxruntime, kept from reporting: its wheels connect to their maker as soon as they have loaded a model.

Import it from here and nowhere else: it reads the variable once, when it is imported.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime"]
