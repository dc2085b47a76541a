"""The import job: find sources, read each in a worker process into staging, check, publish, derive.

`job` runs in the parent and decides (ids, consent, publishing); `worker` runs in the child and touches foreign bytes;
`protocol` is what they say to each other. Nothing is in the library until one rename puts it there.
"""
