"""HTTP: events and commands in, recall and cubes out. `python -m gateway.http --data DIR`."""
