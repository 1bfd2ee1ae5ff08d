"""RabbitMQ: events on a topic exchange, jobs on a queue of their own."""

from doorward.adapters.rabbitmq.broker import RabbitBroker

__all__ = ["RabbitBroker"]
