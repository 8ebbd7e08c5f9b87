"""S3's SOAP interface, served: requests become calls of the operations that REST has."""
