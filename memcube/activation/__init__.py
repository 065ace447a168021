"""Activation memory: a subject's hot memories as a KV cache, computed once and injected exactly."""
