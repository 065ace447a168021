"""The embedded broker: Apache Kafka on one node, for one machine.

>>> broker = EmbeddedBroker(Path("data/kafka"))
>>> broker.prepare()
>>> await broker.start()
>>> await broker.stop()
"""

from infra.kafka.broker import EmbeddedBroker
from infra.kafka.jars import JarProgress, Progress

__all__ = ["EmbeddedBroker", "JarProgress", "Progress"]
