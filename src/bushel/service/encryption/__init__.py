"""Objects encrypted at rest: SSE-C, SSE-S3 and SSE-KMS.

``segments`` is the format of encrypted bytes and ``envelope`` that of wrapped keys; both are pure. ``sealing`` encrypts
what is written and ``unlocking`` opens what is read. What must not be here: header names and S3's texts
(``protocol.encryption``), where bytes are stored.
"""
