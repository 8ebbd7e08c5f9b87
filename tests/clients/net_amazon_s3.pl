# A day with Net::Amazon::S3: arguments are host:port, access key, secret key, bucket, small file, big file, folder for
# downloads, V2 or V4. Dies where anything is not as it should be.
use strict;
use warnings;
use Net::Amazon::S3;
use Net::Amazon::S3::Client;
use Net::Amazon::S3::Vendor::Generic;

my ($host, $access, $secret, $bucket_name, $small, $big, $folder, $version) = @ARGV;
require "Net/Amazon/S3/Signature/$version.pm";

sub slurp {
    my ($name) = @_;
    open my $file, '<:raw', $name or die "$name: $!";
    local $/;
    return scalar <$file>;
}

my $s3 = Net::Amazon::S3->new(
    aws_access_key_id     => $access,
    aws_secret_access_key => $secret,
    retry                 => 0,
    vendor                => Net::Amazon::S3::Vendor::Generic->new(
        host                 => $host,
        use_https            => 0,
        use_virtual_host     => 0,
        authorization_method => "Net::Amazon::S3::Signature::$version",
        default_region       => 'us-east-1',
    ),
);

my $bucket = $s3->add_bucket({ bucket => $bucket_name }) or die 'add_bucket: ' . $s3->errstr;
grep { $_->bucket eq $bucket_name } @{ $s3->buckets->{buckets} } or die 'not among buckets';

$bucket->add_key('plain', 'value', { content_type => 'text/x', 'x-amz-meta-colour' => 'orange' })
    or die 'add_key: ' . $s3->errstr;
my $got = $bucket->get_key('plain') or die 'get_key: ' . $s3->errstr;
$got->{value} eq 'value' or die "value $got->{value}";
$got->{content_type} eq 'text/x' or die "type $got->{content_type}";
$got->{'x-amz-meta-colour'} eq 'orange' or die 'metadata';

$bucket->add_key_filename('dir/a file+', $small) or die 'add_key_filename: ' . $s3->errstr;
$bucket->get_key_filename('dir/a file+', 'GET', "$folder/small") or die 'get_key_filename: ' . $s3->errstr;
slurp("$folder/small") eq slurp($small) or die 'small file differs';

# not copy_key: the one of Debian 12 (0.991) dies before it sends anything
$bucket->add_key('copy', '', { 'x-amz-copy-source' => "/$bucket_name/plain" }) or die 'copy: ' . $s3->errstr;
$bucket->get_key('copy')->{value} eq 'value' or die 'copy differs';

$bucket->set_acl({ key => 'plain', acl_short => 'public-read' }) or die 'set_acl: ' . $s3->errstr;
$bucket->get_acl('plain') =~ /AllUsers/ or die 'get_acl';
my $answer = LWP::UserAgent->new->get("http://$host/$bucket_name/plain");
$answer->is_success or die 'public-read: ' . $answer->status_line;
$answer = LWP::UserAgent->new->get("http://$host/$bucket_name/copy");
$answer->code == 403 or die 'private: ' . $answer->status_line;

my $listing = $bucket->list_all({ prefix => 'dir/' }) or die 'list_all: ' . $s3->errstr;
join(',', map { $_->{key} } @{ $listing->{keys} }) eq 'dir/a file+' or die 'listing';
$listing = $bucket->list({ delimiter => '/' });
join(',', @{ $listing->{common_prefixes} }) eq 'dir' or die 'prefixes ' . join ',', @{ $listing->{common_prefixes} };

# the client face: parts, ranges, presigned
my $client = Net::Amazon::S3::Client->new(s3 => $s3);
my $object = $client->bucket(name => $bucket_name)->object(key => 'big');
my $upload = $object->initiate_multipart_upload;
my $bytes  = slurp($big);
my ($size, $number, @etags, @numbers) = (6 * 1024 * 1024, 0);
for (my $at = 0 ; $at < length $bytes ; $at += $size) {
    $number++;
    # what put_part does, which in Debian 12 (0.991) passes arguments that the operation does not know
    my $piece = substr $bytes, $at, $size;
    my $part = $object->_perform_operation(
        'Net::Amazon::S3::Operation::Object::Upload::Part',
        upload_id   => $upload,
        part_number => $number,
        value       => $piece,
        headers     => { 'Content-Length' => length $piece },
    )->http_response;
    $part->is_success or die 'part ' . $part->status_line;
    push @etags, $part->header('ETag');
    push @numbers, $number;
}
$object->complete_multipart_upload(upload_id => $upload, etags => \@etags, part_numbers => \@numbers);
$object->get_filename("$folder/big");
slurp("$folder/big") eq $bytes or die 'big file differs';
my $range = $object->range('bytes=10-19')->get;
$range eq substr($bytes, 10, 10) or die 'range';

my $uri = $client->bucket(name => $bucket_name)->object(key => 'plain', expires => time + 60)->query_string_authentication_uri;
$answer = LWP::UserAgent->new->get($uri);
$answer->is_success && $answer->content eq 'value' or die "presigned $uri: " . $answer->status_line . $answer->content;

$bucket->delete_key('plain') or die 'delete_key: ' . $s3->errstr;
defined $bucket->get_key('plain') and die 'still there';
$bucket->delete_multi_object('copy', 'dir/a file+', 'big') or die 'delete_multi_object: ' . $s3->errstr;
$bucket->delete_bucket or die 'delete_bucket: ' . $s3->errstr;
print "done\n";
