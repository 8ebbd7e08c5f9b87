"""The gallery: a page that shows the pictures, films and sounds that are in a bucket now.

``gallery`` answers requests, which ``links`` reads; ``visit`` says who looks, with which rights, and ``grants`` lets
the links of a page do what the signed link did that opened it; ``folders`` finds what is shown; ``page`` writes HTML;
``thumbnails`` has small pictures made (``painter``, ``painting``) and keeps them (``cache``). What must not be here:
rules of S3, which are the service's.
"""
