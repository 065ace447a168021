"""How MemCube runs: the embedded Kafka broker and the supervisor of `memcube up`."""
