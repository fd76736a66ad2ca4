"""AWS CloudTrail's API: trails, selectors, tags, event history. The trails themselves are kept by `trail`."""
