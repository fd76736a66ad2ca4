"""Topics of an SNS somewhere else, through boto3 and its usual chain of credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from trail.notify import NotificationError

if TYPE_CHECKING:
    from trail.notify import Message

__all__ = ["SnsEndpoint"]

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


class SnsEndpoint:
    """Publishes to whatever speaks SNS's API at a URL. The region is the topic's."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str, Any] = {}

    def publish(self, message: Message) -> None:
        """Publish a message; :class:`NotificationError` if it is refused, or nobody answers."""
        try:
            self._client(message.topic).publish(TopicArn=message.topic, Message=message.body)
        except ClientError as error:
            raise NotificationError(error.response["Error"]["Code"], str(error)) from error
        except BotoCoreError as error:
            raise NotificationError(type(error).__name__, str(error)) from error

    def _client(self, topic: str) -> Any:
        parts = topic.split(":")
        region = parts[3] if len(parts) > 3 and parts[3] else "us-east-1"
        if region not in self._clients:
            client = boto3.client("sns", endpoint_url=self._url, region_name=region, config=_CONFIG)
            self._clients[region] = client
        return self._clients[region]
