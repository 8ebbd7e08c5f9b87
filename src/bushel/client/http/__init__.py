"""A small HTTP/1.1 client on asyncio: connections that are kept, TLS, proxies. Knows nothing of S3."""
