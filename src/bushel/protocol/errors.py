"""S3's errors: one exception class and one catalogue, keyed by reason.

A *reason* is the S3 error code, or the code, a dot and a word where one code has several messages
(``InvalidArgument.MaxKeys``). Raise ``S3Error("NoSuchKey", Key="a")``: the keyword arguments become XML children of
``<Error>`` in the order given, unless they are ``message=`` (replaces the catalogue's message) or ``headers=`` (extra
response headers). Placeholders ``{name}`` in a message are filled from the detail.

Source of codes, statuses and messages: S3 API Reference, "Error responses", and what botocore's clients rely on.
"""

from typing import NamedTuple


class ErrorKind(NamedTuple):
    """One entry of the catalogue: HTTP status, message, and S3 code (what stands before the dot of the reason)."""

    status: int
    message: str


class S3Error(Exception):
    """An answer that is an S3 error.

    Attributes:
        reason: Key into the catalogue.
        detail: Children of ``<Error>`` beside Code, Message, RequestId and HostId.
        headers: Extra response headers.
        logged: Set by who has logged the refusal with more than the answer tells.
    """

    logged = False

    def __init__(
        self, reason: str, /, *, message: str | None = None, headers: list[tuple[str, str]] | None = None, **detail: str
    ) -> None:
        kind = CATALOGUE[reason]
        self.reason = reason
        self.code = reason if reason.startswith("KMS.") else reason.partition(".")[0]  # KMS's own codes have a dot
        self.status = kind.status
        if message is None:
            message = kind.message.format_map(detail) if "{" in kind.message else kind.message
        self.message = message
        self.detail = detail
        self.headers = headers or []
        super().__init__(f"{self.code}: {self.message}")


CATALOGUE: dict[str, ErrorKind] = {
    "BadRequest": ErrorKind(400, "An error occurred when parsing the HTTP request."),
    "ExpectationFailed": ErrorKind(417, "The only expectation that this server can meet is 100-continue."),
    "HTTPVersionNotSupported": ErrorKind(505, "This server speaks HTTP/1.1 and HTTP/1.0."),
    "MethodNotAllowed": ErrorKind(405, "The specified method is not allowed against this resource."),
    "RequestHeaderSectionTooLarge": ErrorKind(
        400, "Your request header section exceeds the maximum allowed request header section size."
    ),
    "RequestTimeout": ErrorKind(
        400,
        "Your socket connection to the server was not read from or written to within the timeout period. "
        "Idle connections will be closed.",
    ),
    "SlowDown": ErrorKind(503, "Please reduce your request rate."),
    "InternalError": ErrorKind(500, "We encountered an internal error. Please try again."),
    "NotImplemented": ErrorKind(501, "A header you provided implies functionality that is not implemented."),
    "AccessDenied": ErrorKind(403, "Access Denied"),
    "AccessDenied.AnonymousCopy": ErrorKind(403, "Anonymous users cannot copy objects. Please authenticate."),
    "AccessDenied.CustomerKey": ErrorKind(
        403,
        "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
    ),
    "AccessDenied.AnonymousUpload": ErrorKind(
        403, "Anonymous users cannot initiate multipart uploads. Please authenticate."
    ),
    "AccessDenied.Date": ErrorKind(403, "AWS authentication requires a valid Date or x-amz-date header"),
    "AccessDenied.Expired": ErrorKind(403, "Request has expired"),
    "AccessDenied.Expires": ErrorKind(403, "Invalid date (should be seconds since epoch)"),
    "AccessDenied.HeadersNotSigned": ErrorKind(403, "There were headers present in the request which were not signed"),
    "AccessDenied.ObjectLocked": ErrorKind(403, "Access Denied because object protected by object lock."),
    "AccessDenied.NotYetValid": ErrorKind(403, "Request is not yet valid"),
    "AccessDenied.QueryAuthentication": ErrorKind(
        403, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    ),
    "AuthorizationHeaderMalformed": ErrorKind(400, "The authorization header that you provided is not valid."),
    "AuthorizationQueryParametersError": ErrorKind(
        400, "The authorization query parameters that you provided are not valid."
    ),
    "IncompleteBody": ErrorKind(400, "The request body terminated unexpectedly"),
    "IncompleteBody.Length": ErrorKind(
        400, "You did not provide the number of bytes specified by the Content-Length HTTP header"
    ),
    "InvalidArgument.Authorization": ErrorKind(
        400, "Authorization header is invalid -- one and only one ' ' (space) required."
    ),
    "InvalidArgument.AuthorizationType": ErrorKind(400, "Unsupported Authorization Type"),
    "InvalidArgument.TwoMechanisms": ErrorKind(
        400,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
        "Signature query string parameter or the Authorization header should be specified",
    ),
    "InvalidArgument.ContentSHA256": ErrorKind(
        400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    ),
    "InvalidBucketName": ErrorKind(400, "The specified bucket is not valid."),
    "InvalidBucketAclWithBlockPublicAccessError": ErrorKind(
        400, "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
    ),
    "InvalidBucketAclWithObjectOwnership": ErrorKind(
        400, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    ),
    "InvalidChunkSizeError": ErrorKind(403, "Only the last chunk is allowed to have a size less than 8192 bytes"),
    "InvalidRequest.ContentSHA256": ErrorKind(400, "Missing required header for this request: x-amz-content-sha256"),
    "InvalidRequest.MultipleChecksums": ErrorKind(
        400, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
    ),
    "InvalidRequest.SignedChunks": ErrorKind(
        400,
        "Anonymous requests don't support this x-amz-content-sha256 value. "
        "Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
    ),
    "InvalidRequest.Trailer": ErrorKind(400, "The value specified in the x-amz-trailer header is not supported"),
    "InvalidToken": ErrorKind(400, "The provided token is malformed or otherwise invalid."),
    "InvalidURI": ErrorKind(400, "Couldn't parse the specified URI."),
    "KeyTooLongError": ErrorKind(400, "Your key is too long"),
    "MalformedTrailerError": ErrorKind(
        400, "The request contained trailing data that was not well-formed or did not conform to our published schema."
    ),
    "MissingContentLength": ErrorKind(411, "You must provide the Content-Length HTTP header."),
    "NotImplemented.SignatureV4A": ErrorKind(
        501, "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not implemented; please use AWS4-HMAC-SHA256."
    ),
    "RequestTimeTooSkewed": ErrorKind(
        403, "The difference between the request time and the current time is too large."
    ),
    "SignatureDoesNotMatch": ErrorKind(
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    "BadDigest": ErrorKind(400, "The Content-MD5 you specified did not match what we received."),
    "EntityTooLarge": ErrorKind(400, "Your proposed upload exceeds the maximum allowed size"),
    "InvalidArgument": ErrorKind(400, "Invalid Argument"),
    "InvalidArgument.CanonicalUser": ErrorKind(400, "Invalid id"),
    "InvalidArgument.CopySourceRange": ErrorKind(
        400,
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
        "zero-based offsets of the first and last bytes to copy",
    ),
    "InvalidArgument.EmptyKeyField": ErrorKind(400, "User key must have a length greater than 0."),
    "InvalidArgument.FieldName": ErrorKind(400, "The name of this field cannot be that of a header field."),
    "InvalidArgument.FilesInForm": ErrorKind(400, "POST requires exactly one file upload per request."),
    "InvalidArgument.GrantSyntax": ErrorKind(400, "Argument format not recognized"),
    "InvalidArgument.GroupURI": ErrorKind(400, "Invalid group uri"),
    "InvalidArgument.PartChecksum": ErrorKind(400, "Invalid Base64 or multiple checksums present in request"),
    "InvalidDigest": ErrorKind(400, "The Content-MD5 you specified was invalid."),
    "InvalidPartNumber": ErrorKind(416, "The requested partnumber is not satisfiable"),
    "InvalidRange": ErrorKind(416, "The requested range is not satisfiable"),
    "InvalidRequest": ErrorKind(400, "Invalid Request"),
    "InvalidRequest.CannedAndGrants": ErrorKind(400, "Specifying both Canned ACLs and Header Grants is not allowed"),
    "InvalidRequest.ChecksumAlgorithm": ErrorKind(
        400,
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128]",
    ),
    "InvalidRequest.ChecksumAlgorithms": ErrorKind(
        400, "Invalid types are specified in x-amz-checksum-algorithm header."
    ),
    "InvalidRequest.ChecksumHeader": ErrorKind(
        400, "The algorithm type you specified in x-amz-checksum- header is invalid."
    ),
    "InvalidRequest.ChecksumHeaderAndTrailer": ErrorKind(400, "Expecting a single x-amz-checksum- header"),
    "InvalidRequest.ChecksumMissing": ErrorKind(
        400,
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
        "were found.",
    ),
    "InvalidRequest.ChecksumTypeAlone": ErrorKind(
        400, "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
    ),
    "InvalidRequest.CorsId": ErrorKind(400, "The ID value can be up to 255 characters long."),
    "InvalidRequest.CorsIds": ErrorKind(400, "Rule ID must be unique. Found same ID for more than one rule"),
    "InvalidRequest.CorsRules": ErrorKind(
        400, "The number of CORS rules should not exceed allowed limit of 100 rules."
    ),
    "InvalidRequest.LifecycleRules": ErrorKind(
        400, "The number of lifecycle rules must not exceed the allowed limit of 1000 rules."
    ),
    "InvalidRequest.MinimumObjectSize": ErrorKind(400, "Invalid TransitionDefaultMinimumObjectSize found"),
    "InvalidRequest.CopySourceRange": ErrorKind(400, "The specified copy range is invalid for the source object size"),
    "MalformedACLError": ErrorKind(
        400, "The XML you provided was not well-formed or did not validate against our published schema"
    ),
    "MalformedPolicy": ErrorKind(400, "This policy contains invalid Json"),
    "MaxMessageLengthExceeded": ErrorKind(400, "Your request was too big."),
    "NoSuchKey": ErrorKind(404, "The specified key does not exist."),
    "PreconditionFailed": ErrorKind(412, "At least one of the pre-conditions you specified did not hold"),
    "UnresolvableGrantByEmailAddress": ErrorKind(
        400, "The email address you provided does not match any account on record."
    ),
    "XAmzContentSHA256Mismatch": ErrorKind(
        400, "The provided 'x-amz-content-sha256' header does not match what was computed."
    ),
    "AccessControlListNotSupported": ErrorKind(400, "The bucket does not allow ACLs"),
    "AccessForbidden.CORS": ErrorKind(403, "CORSResponse: CORS is not enabled for this bucket."),
    "AccessForbidden.NoBucket": ErrorKind(403, "CORSResponse: Bucket not found"),
    "AccessForbidden.NotAllowed": ErrorKind(
        403,
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
        "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
        "resource's CORS spec.",
    ),
    "BadRequest.Origin": ErrorKind(400, "Insufficient information. Origin request header needed."),
    "BucketAlreadyExists": ErrorKind(
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users of the "
        "system. Please select a different name and try again.",
    ),
    "BucketAlreadyOwnedByYou": ErrorKind(
        409, "Your previous request to create the named bucket succeeded and you already own it."
    ),
    "BucketNotEmpty": ErrorKind(409, "The bucket you tried to delete is not empty"),
    "BucketNotEmpty.Versions": ErrorKind(
        409, "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    ),
    "EntityTooSmall": ErrorKind(400, "Your proposed upload is smaller than the minimum allowed size"),
    "IllegalLocationConstraintException": ErrorKind(
        400,
        "The specified location constraint is incompatible for the region specific endpoint this request was sent to.",
    ),
    "IllegalVersioningConfigurationException": ErrorKind(400, "The Versioning element must be specified"),
    "IllegalLocationConstraintException.Unspecified": ErrorKind(
        400,
        "The unspecified location constraint is incompatible for the region specific endpoint this request "
        "was sent to.",
    ),
    "InsufficientStorage": ErrorKind(
        507, "There is no room left for this data; what is stored can be read and deleted."
    ),
    "InvalidAccessKeyId": ErrorKind(403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidArgument.AttributeName": ErrorKind(400, "Invalid attribute name specified."),
    "InvalidArgument.BypassGovernance": ErrorKind(
        400, "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets."
    ),
    "InvalidArgument.DefaultRetention": ErrorKind(400, "Default retention period is too large."),
    "InvalidArgument.LegalHold": ErrorKind(400, "Legal Hold must be either of 'ON' or 'OFF'"),
    "InvalidArgument.LockMode": ErrorKind(400, "Unknown wormMode directive."),
    "InvalidArgument.ModeAndDate": ErrorKind(
        400, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
    ),
    "InvalidArgument.RetainUntilDate": ErrorKind(400, "The retain until date must be in the future!"),
    "InvalidBucketState.ObjectLock": ErrorKind(
        409, "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
    ),
    "InvalidBucketState.Versioning": ErrorKind(
        409, "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
    ),
    "InvalidRequest.PartLockDigest": ErrorKind(
        400, "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters"
    ),
    "InvalidRequest.PutLockDigest": ErrorKind(
        400,
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
    ),
    "InvalidRetentionPeriod": ErrorKind(400, "Default retention period must be a positive integer value."),
    "NoSuchObjectLockConfiguration": ErrorKind(404, "The specified object does not have a ObjectLock configuration"),
    "InvalidArgument.CannedACL": ErrorKind(400, ""),
    "InvalidArgument.ConflictingQuery": ErrorKind(400, "Conflicting query string parameters"),
    "InvalidArgument.ContinuationToken": ErrorKind(400, "The continuation token provided is incorrect"),
    "InvalidArgument.CopySource": ErrorKind(
        400, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
    ),
    "InvalidArgument.CopySourceUnexpected": ErrorKind(
        400, "You can only specify a copy source header for copy requests."
    ),
    "InvalidArgument.EncodingType": ErrorKind(400, "Invalid Encoding Method specified in Request"),
    "InvalidArgument.EncryptionContext": ErrorKind(
        400,
        "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which "
        "represents a string-string map",
    ),
    "InvalidArgument.DefaultKey": ErrorKind(
        400, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
    ),
    "InvalidArgument.EncryptionMethod": ErrorKind(400, "The encryption method specified is not supported"),
    "InvalidArgument.KMSHeaders": ErrorKind(
        400,
        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
    ),
    "InvalidArgument.KMSSignature": ErrorKind(
        400,
        "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
    ),
    "InvalidArgument.TwoEncryptions": ErrorKind(
        400,
        "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
    ),
    "KMS.DisabledException": ErrorKind(400, "{KeyName} is disabled."),
    "KMS.NotFoundException": ErrorKind(
        400, "The request was rejected because the specified entity or resource could not be found."
    ),
    "InternalError.MasterKey": ErrorKind(
        500, "The master key that this object is encrypted under is not among the keys of this server."
    ),
    "NotImplemented.MasterKey": ErrorKind(
        501,
        "This server has no master key (its setting sse_master_key_file), so it cannot encrypt with AES256. "
        "Nothing was stored.",
    ),
    "AccessDenied.CustomerKeysBlocked": ErrorKind(
        403,
        "This bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys "
        "(SSE-C). Please specify a different server-side encryption type",
    ),
    "InvalidArgument.CustomerAlgorithm": ErrorKind(
        400,
        "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption "
        "algorithm.",
    ),
    "InvalidArgument.CustomerKey": ErrorKind(400, "The secret key was invalid for the specified algorithm."),
    "InvalidArgument.CustomerKeyMD5": ErrorKind(
        400, "The calculated MD5 hash of the key did not match the hash that was provided."
    ),
    "InvalidArgument.CustomerKeyMD5Missing": ErrorKind(
        400,
        "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated "
        "MD5 of the secret key.",
    ),
    "InvalidArgument.CustomerKeyMissing": ErrorKind(
        400,
        "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret "
        "key.",
    ),
    "InvalidEncryptionAlgorithmError": ErrorKind(
        400, "The Encryption request you specified is not valid. Supported value: AES256."
    ),
    "InvalidArgument.EncryptionHeader": ErrorKind(400, "{ArgumentName} header is not supported for this operation."),
    "InvalidArgument.HeaderText": ErrorKind(400, "Header value cannot be represented using ISO-8859-1."),
    "InvalidArgument.ContinuationTokenUnexpected": ErrorKind(
        400, "continuation-token only supported in REST.GET.BUCKET with list-type=2"
    ),
    "InvalidArgument.StartAfterUnexpected": ErrorKind(
        400, "startAfter only supported in REST.GET.BUCKET with list-type=2"
    ),
    "InvalidArgument.MarkerUnexpected": ErrorKind(400, "Marker unsupported with REST.GET.BUCKET in list-type=2"),
    "InvalidArgument.MetadataDirective": ErrorKind(400, "Unknown metadata directive."),
    "InvalidArgument.MissingField": ErrorKind(
        400,
        "Bucket POST must contain a field named '{ArgumentName}'.  If it is specified, please check the order of the "
        "fields.",
    ),
    "InvalidArgument.NotInteger": ErrorKind(400, "Provided {ArgumentName} not an integer or within integer range"),
    "InvalidArgument.ObjectOwnership": ErrorKind(400, "Invalid x-amz-object-ownership header"),
    "InvalidArgument.PartNumber": ErrorKind(400, "Part number must be an integer between 1 and 10000, inclusive"),
    "InvalidArgument.PartNumberAlone": ErrorKind(400, "This operation does not accept partNumber without uploadId"),
    "InvalidArgument.Tagging": ErrorKind(
        400,
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
        "duplicates.",
    ),
    "InvalidArgument.TaggingDirective": ErrorKind(400, "Unknown tagging directive."),
    "InvalidArgument.UnexpectedQuery": ErrorKind(400, "Unexpected query string parameter"),
    "InvalidArgument.UploadIdMarker": ErrorKind(400, "Invalid uploadId marker"),
    "InvalidArgument.UploadIdAlone": ErrorKind(400, "This operation does not accept uploadId without partNumber"),
    "InvalidArgument.VersionId": ErrorKind(400, "Invalid version id specified"),
    "InvalidArgument.VersionIdMarker": ErrorKind(400, "Invalid version id specified"),
    "InvalidArgument.VersionIdMarkerAlone": ErrorKind(
        400, "A version-id marker cannot be specified without a key marker."
    ),
    "InvalidArgument.VersionIdEmpty": ErrorKind(400, "Version id cannot be the empty string"),
    "InvalidArgument.VersionIdUnexpected": ErrorKind(400, "This operation does not accept a version-id."),
    "InvalidPolicyDocument": ErrorKind(
        400, "The content of the form does not meet the conditions specified in the policy document."
    ),
    "InvalidPart": ErrorKind(
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartOrder": ErrorKind(
        400, "The list of parts was not in ascending order. Parts must be ordered by part number."
    ),
    "InvalidObjectState": ErrorKind(403, "Restore is not allowed for the object's current storage class"),
    "InvalidRequest.AnonymousOverride": ErrorKind(
        400, "Request specific response headers cannot be used for anonymous GET requests."
    ),
    "InvalidRequest.ChecksumType": ErrorKind(400, "Value for x-amz-checksum-type header is invalid."),
    "InvalidRequest.CopyOfMarker": ErrorKind(
        400, "The source of a copy request may not specifically refer to a delete marker by version id."
    ),
    "EncryptionTypeMismatch": ErrorKind(
        400,
        "The existing object was created with a different encryption type. Subsequent write requests must include the "
        "appropriate encryption parameters in the request or while creating the session.",
    ),
    "InvalidBucketState.Append": ErrorKind(
        409, "Objects are appended to in buckets that never had versioning; this bucket has or had it."
    ),
    "InvalidRequest.AppendedMetadata": ErrorKind(
        400, "An object keeps the metadata, tags and ACL that it was made with when something is appended to it."
    ),
    "InvalidWriteOffset": ErrorKind(
        400, "The write offset value that you specified does not match the current object size."
    ),
    "TooManyParts": ErrorKind(
        400,
        "You have attempted to add more parts than the maximum of 10000 that are allowed for this object. You can use "
        "the CopyObject operation to copy this object to another and then add more data to the newly copied object.",
    ),
    "IdempotencyParameterMismatch": ErrorKind(
        400, "Parameters on this idempotent request are inconsistent with parameters used in previous request(s)."
    ),
    "InvalidArgument.ClientToken": ErrorKind(
        400, "The client token must have 1 to 64 characters of ASCII, from 33 to 126."
    ),
    "InvalidArgument.RenameSource": ErrorKind(
        400, "The rename source must be the key of an object in the same bucket; it may begin with a slash."
    ),
    "InvalidBucketState.Rename": ErrorKind(
        409, "Objects are renamed in buckets that never had versioning; this bucket has or had it."
    ),
    "InvalidRequest.AmbiguousRenameSource": ErrorKind(
        400, "Both readings of the rename source, as a key and as a bucket with a key, name an object."
    ),
    "InvalidRequest.RenameOfCustomer": ErrorKind(
        400,
        "An object that is encrypted with a customer's key cannot be renamed: the request has no place for the key.",
    ),
    "InvalidRequest.RenameOfDirectory": ErrorKind(400, "Objects whose keys end with a slash cannot be renamed."),
    "InvalidRequest.RenameToItself": ErrorKind(400, "The object has that key already."),
    "NotImplemented.Rename": ErrorKind(501, "This server's store cannot rename objects in one step."),
    "InvalidRequest.CopyToItself": ErrorKind(
        400,
        "This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes.",
    ),
    "InvalidRequest.CustomerKeyNeeded": ErrorKind(
        400,
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
        "retrieve the object.",
    ),
    "InvalidRequest.Insecure": ErrorKind(
        400,
        "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.",
    ),
    "InvalidRequest.NotCustomerEncrypted": ErrorKind(
        400, "The encryption parameters are not applicable to this object."
    ),
    "InvalidRequest.PartCustomerKey": ErrorKind(
        400, "The provided encryption parameters did not match the ones used originally."
    ),
    "InvalidRequest.PartEncryption": ErrorKind(
        400,
        "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
        "encryption parameters.",
    ),
    "InvalidRequest.KeyName": ErrorKind(400, "Object must have a valid key name."),
    "InvalidRequest.KeyMissing": ErrorKind(400, "A key must be specified"),
    "InvalidRequest.MissingDigest": ErrorKind(400, "Missing required header for this request: Content-MD5"),
    "InvalidRequest.NoPublicAccessBlock": ErrorKind(400, "Must specify at least one configuration."),
    "InvalidRequest.NoObjectLock": ErrorKind(400, "Bucket is missing Object Lock Configuration"),
    "InvalidRequest.ObjectAttributes": ErrorKind(
        400,
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    ),
    "InvalidRequest.ObjectSize": ErrorKind(400, "Value for x-amz-mp-object-size header is invalid."),
    "InvalidRequest.RangeAndPartNumber": ErrorKind(
        400, "Cannot specify both Range header and partNumber query parameter"
    ),
    "InvalidRequest.TorrentEmpty": ErrorKind(400, "An empty object has no torrent."),
    "InvalidRequest.TorrentOfCustomer": ErrorKind(
        400, "Objects encrypted with Server Side Encryption with Customer provided keys have no torrent."
    ),
    "InvalidRequest.TorrentTooLarge": ErrorKind(400, "Only objects of less than 5 GB have a torrent."),
    "InvalidRequest.SdkChecksumAlgorithm": ErrorKind(400, "Value for x-amz-sdk-checksum-algorithm header is invalid."),
    "AnnotationLimitExceeded": ErrorKind(
        400, "The request would exceed the maximum number of annotations allowed per object."
    ),
    "AnnotationNameTooLong": ErrorKind(400, "The annotation name exceeds 512 bytes."),
    "InvalidAnnotationName": ErrorKind(400, "The annotation name you provided is invalid."),
    "InvalidPrefix": ErrorKind(400, "The annotation prefix you provided is invalid."),
    "InvalidRequest.AnnotationName": ErrorKind(400, "Missing required parameter for this request: annotationName"),
    "InvalidRequest.AnnotationOfCustomer": ErrorKind(
        400, "Objects encrypted with Server Side Encryption with Customer provided keys do not support annotations."
    ),
    "InvalidRequest.AnnotationPayload": ErrorKind(400, "An annotation must have between 1 byte and 1 MiB."),
    "InvalidRequest.AnnotationsTooLarge": ErrorKind(
        400,
        "The annotations of the copy source are larger than what one request can copy. Copy the object with "
        "x-amz-object-annotation-directive: EXCLUDE, and its annotations one by one.",
    ),
    "NoSuchAnnotation": ErrorKind(404, "The specified annotation does not exist."),
    "UnsupportedMediaType": ErrorKind(415, "The annotation payload must be valid UTF-8 encoded text."),
    "BadRequest.BucketTags": ErrorKind(400, "Bucket tag count cannot be greater than 50"),
    "BadRequest.ObjectTags": ErrorKind(400, "Object tags cannot be greater than 10"),
    "InvalidTag.Key": ErrorKind(400, "The TagKey you have provided is invalid"),
    "InvalidTag.System": ErrorKind(400, "System tags cannot be added/updated by requester"),
    "InvalidTag.Twice": ErrorKind(400, "Cannot provide multiple Tags with the same key"),
    "InvalidTag.Value": ErrorKind(400, "The TagValue you have provided is invalid"),
    "InvalidRedirectLocation": ErrorKind(
        400, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
    ),
    "InvalidRedirectLocation.Length": ErrorKind(
        400, "The length of website redirect location cannot exceed 2,048 characters."
    ),
    "InvalidStorageClass": ErrorKind(400, "The storage class you specified is not valid"),
    "MalformedPOSTRequest": ErrorKind(400, "The body of your POST request is not well-formed multipart/form-data."),
    "MaxPostPreDataLengthExceeded": ErrorKind(
        400, "Your POST request fields preceeding the upload file was too large."
    ),
    "MalformedXML": ErrorKind(
        400, "The XML you provided was not well-formed or did not validate against our published schema"
    ),
    "MetadataConfigurationNotFound": ErrorKind(404, "The metadata configuration was not found"),
    "MetadataTooLarge": ErrorKind(400, "Your metadata headers exceed the maximum allowed metadata size"),
    "MissingRequestBodyError": ErrorKind(400, "Request Body is empty"),
    "MissingSecurityHeader": ErrorKind(400, "Your request was missing a required header"),
    "NoSuchBucket": ErrorKind(404, "The specified bucket does not exist"),
    "NoSuchBucketPolicy": ErrorKind(404, "The bucket policy does not exist"),
    "NoSuchCORSConfiguration": ErrorKind(404, "The CORS configuration does not exist"),
    "NoSuchConfiguration": ErrorKind(404, "The specified configuration does not exist."),
    "NoSuchLifecycleConfiguration": ErrorKind(404, "The lifecycle configuration does not exist"),
    "NoSuchPublicAccessBlockConfiguration": ErrorKind(404, "The public access block configuration was not found"),
    "NoSuchTagSet": ErrorKind(404, "The TagSet does not exist"),
    "NoSuchUpload": ErrorKind(
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
    ),
    "NoSuchVersion": ErrorKind(404, "The specified version does not exist."),
    "NoSuchWebsiteConfiguration": ErrorKind(404, "The specified bucket does not have a website configuration"),
    "NotImplemented.Element": ErrorKind(
        501, "An element of the document that you provided implies functionality that is not implemented."
    ),
    "NotImplemented.VersionCondition": ErrorKind(
        501, "Conditions are about the current version of an object; a version that is named has none."
    ),
    "NotImplemented.MfaDelete": ErrorKind(501, "MFA delete is not implemented."),
    "NotImplemented.Transition": ErrorKind(
        501, "There is one storage class: lifecycle rules with transitions to another are not implemented."
    ),
    "NotImplemented.Operation": ErrorKind(501, "The operation that you asked for is not implemented."),
    "NotImplemented.SignedForm": ErrorKind(
        501, "An HTML form is authorised by the policy in it; a signature of the request around it is not implemented."
    ),
    "ObjectLockConfigurationNotFoundError": ErrorKind(404, "Object Lock configuration does not exist for this bucket"),
    "OperationAborted": ErrorKind(
        409, "A conflicting conditional operation is currently in progress against this resource. Please try again."
    ),
    "OwnershipControlsNotFoundError": ErrorKind(404, "The bucket ownership controls were not found"),
    "ReplicationConfigurationNotFoundError": ErrorKind(404, "The replication configuration was not found"),
    "ServerSideEncryptionConfigurationNotFoundError": ErrorKind(
        404, "The server side encryption configuration was not found"
    ),
    "RequestTorrentOfBucketError": ErrorKind(400, "Requesting the torrent file of a bucket is not permitted."),
    "ServiceUnavailable": ErrorKind(503, "Service is unable to handle request."),
    "ServiceUnavailable.Torrent": ErrorKind(503, "The torrent is being made. Please try again."),
    "QuotaExceeded": ErrorKind(403, "The quota of the bucket does not allow this request."),
    "QuotaExceeded.User": ErrorKind(403, "The quota of the bucket's owner does not allow this request."),
    "TooManyBuckets": ErrorKind(400, "You have attempted to create more buckets than allowed"),
    "UnexpectedContent": ErrorKind(400, "This request does not support content"),
    "UserKeyMustBeSpecified": ErrorKind(
        400,
        "The bucket POST must contain the specified field name. If it is specified, please check the order "
        "of the fields.",
    ),
    "InlineDataTooLarge": ErrorKind(400, "Inline data exceeds the maximum allowed size."),
    "InvalidArgument.ByteRange": ErrorKind(400, "A range of bytes starts at 0 or later, and does not end before that."),
    "InvalidArgument.MetadataTwice": ErrorKind(400, "The names of metadata must differ, whatever case they are in."),
    "InvalidRequest.InsecureSOAP": ErrorKind(400, "SOAP requests must be made over an HTTPS connection."),
    "InvalidRequest.SignedSOAP": ErrorKind(
        400, "SOAP requests are signed by the elements AWSAccessKeyId, Timestamp and Signature, not by an HTTP header."
    ),
    "InvalidSOAPRequest.Attachment": ErrorKind(
        400,
        "The SOAP request body is invalid: its parts are not an envelope, and an attachment if there has to be one.",
    ),
    "InvalidSOAPRequest.Element": ErrorKind(
        400, "The SOAP request body is invalid: the element {Element} has no place here."
    ),
    "InvalidSOAPRequest.Missing": ErrorKind(400, "The SOAP request body is invalid: it has no element {Element}."),
    "InvalidSOAPRequest.MustUnderstand": ErrorKind(
        400, "The header {Element}, which must be understood, is not understood."
    ),
    "InvalidSOAPRequest.Namespace": ErrorKind(
        400, "The SOAP request body is invalid: the namespace of the element {Element} is not that of S3."
    ),
    "InvalidSOAPRequest.Text": ErrorKind(400, "The SOAP request body is invalid: there is text between elements."),
    "InvalidSOAPRequest.Twice": ErrorKind(
        400, "The SOAP request body is invalid: the element {Element} comes more often than it may."
    ),
    "InvalidSOAPRequest.Value": ErrorKind(
        400, "The SOAP request body is invalid: the value of the element {Element} is not of its type."
    ),
    "InvalidSOAPRequest.Version": ErrorKind(400, "The message is not an envelope of SOAP 1.1."),
    "MissingAttachment": ErrorKind(400, "A SOAP attachment was expected, but none were found."),
    "MissingSecurityElement": ErrorKind(400, "The SOAP 1.1 request is missing a security element."),
    "NotImplemented.Attachment": ErrorKind(
        501, "Attachments of SOAP messages are implemented as parts of multipart/related, not encoded; DIME is not."
    ),
    "InvalidArgument.AWSAuthorization": ErrorKind(
        400, "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
    ),
}
