"""CloudTrail on one machine: the record, the journal, the trails, the delivery.

Stands alone: the standard library, ``orjson`` and ``cryptography`` only. It knows nothing of Cloud Map, HTTP or AWS
SDKs; whoever has calls to record hands them over as :class:`trail.record.Event`.
"""
