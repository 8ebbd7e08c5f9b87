"""What browsers are shown: web sites of buckets. Everything here asks the service, as callers without a name."""
