"""S3's SOAP interface of 2006-03-01 as a language: its messages, read and written, its WSDL, its signatures. No I/O.

What must not be here: what the messages ask of the service.
"""
