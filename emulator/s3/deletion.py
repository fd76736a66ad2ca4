"""Many deletions at once: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.s3 import bodies
from emulator.s3.answers import document
from emulator.s3.errors import error, from_destination
from emulator.s3.markup import read, texts
from emulator.s3.registry import S3Call, operation
from trail.destination import DestinationError

if TYPE_CHECKING:
    from emulator.call import Response

_MOST = 1000


@operation("POST", "bucket", "delete")
def delete_objects(call: S3Call) -> Response:
    """Remove up to a thousand objects; says which, unless asked to be quiet."""
    body = bodies.read(call.headers, call.body)
    if not body.checksums and "content-md5" not in call.headers:
        raise error("InvalidRequest")
    call.buckets.settings(call.bucket)
    order = read(body.data, "Delete")
    keys = [texts(each, "Key")[0] for each in order.findall("Object")]
    if not 0 < len(keys) <= _MOST:
        raise error("MalformedXML")
    quiet = order.findtext("Quiet") == "true"
    answers = []
    for key in keys:
        try:
            call.buckets.delete(call.bucket, key)
        except DestinationError as refused:
            failed = from_destination(refused, call.bucket, key)
            answers.append(("Error", [("Key", key), ("Code", failed.code), ("Message", failed.message)]))
        else:
            if not quiet:
                answers.append(("Deleted", [("Key", key)]))
    return document("DeleteResult", answers)
