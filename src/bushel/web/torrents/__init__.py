"""The BitTorrent tracker: who has, or wants, which torrent. The bytes themselves come from S3 and from the peers."""
