"""How someone on call sees MemCube: scrape configuration, alert rules, dashboard, and Debian's Prometheus."""
