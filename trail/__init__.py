"""CloudTrail on one machine: the record, the journal, the trails, the delivery.

Stands alone: the standard library, ``orjson`` and ``cryptography`` only. It knows nothing of HTTP or AWS SDKs, and of
Cloud Map no more than the resource types of its default trail. Whoever has calls to record hands them over as
:class:`trail.record.Event`.
"""
