"""Import this first where the imports of a test module need torch."""

from tests.needs_models import torch_needed

torch_needed()
