"""The contract on the wire: what others read and write. Imports nothing else of ours."""
