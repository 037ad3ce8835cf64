"""Kafka's client: brokers, errors in words, a producer and a member of a consumer group. Only this room imports it."""
