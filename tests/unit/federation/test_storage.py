"""The parts of the object store that need no store: layout, names, presigned addresses, settings."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import botocore.auth
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.storage import (
    ObjectStore,
    PartDone,
    PartOutOfRange,
    StoreSettings,
    StoreUnavailable,
    TooManyParts,
    kept_key,
    part_count,
    part_size_for,
)
from federation.storage.disposition import (
    MAX_NAME_BYTES,
    SAFE_INLINE,
    content_disposition,
    content_type,
    safe_name,
)
from federation.storage.layout import MAX_PARTS, MIN_PART, incoming_key, missing_parts, part_span
from federation.storage.presign import Presigner
from tests.support.stores import free_port

MIB = 1024 * 1024
GIB = 1024 * MIB
DIGEST = "ab" * 32


# -- layout ----------------------------------------------------------------------------------------------


@given(size=st.integers(0, 50 * GIB), preferred=st.integers(1, 64 * MIB))
def test_every_file_up_to_50_gib_is_cut_into_parts_that_s3_takes(size, preferred):
    part_size = part_size_for(size, preferred=preferred)
    assert part_size >= MIN_PART
    assert part_count(size, part_size) <= MAX_PARTS


def test_the_preferred_part_is_kept_as_long_as_it_suffices():
    assert part_size_for(100 * GIB) == 16 * MIB
    assert part_size_for(50 * GIB, preferred=MIN_PART) == 6 * MIB


def test_a_file_beyond_what_multipart_can_hold_is_refused():
    with pytest.raises(TooManyParts) as caught:
        part_size_for(60_000 * GIB)
    assert caught.value.size == 60_000 * GIB


@given(size=st.integers(0, 40 * MIB), part_size=st.integers(MIN_PART, 9 * MIB))
def test_the_parts_cover_the_file_without_gap_or_overlap(size, part_size):
    spans = [part_span(n, size=size, part_size=part_size) for n in range(1, part_count(size, part_size) + 1)]
    reached = 0
    for offset, length in spans:
        assert offset == reached
        reached += length
    assert reached == size


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_part_that_the_file_does_not_have_is_refused(number):
    with pytest.raises(PartOutOfRange):
        part_span(number, size=3 * MIN_PART, part_size=MIN_PART)


def test_a_part_of_the_wrong_length_counts_as_missing():
    parts = [PartDone(1, MIN_PART, "a"), PartDone(2, MIN_PART - 1, "b"), PartDone(3, 7, "c")]
    assert missing_parts(parts, size=2 * MIN_PART + 7, part_size=MIN_PART) == (2,)
    assert missing_parts([], size=0, part_size=MIN_PART) == (1,)


def test_kept_bytes_stand_under_their_digest():
    assert kept_key("abcd" + "0" * 60) == "sha256/ab/cd/abcd" + "0" * 60


@pytest.mark.parametrize("digest", ["", "AB" * 32, "../" + "a" * 61, "a" * 63, DIGEST + "\n"])
def test_what_is_no_digest_never_becomes_a_key(digest):
    with pytest.raises(ValueError, match="digest"):
        kept_key(digest)


@pytest.mark.parametrize("upload_id", ["", "../public", "a/b", "a b", "上传", "-x", "a\n"])
def test_what_is_no_upload_id_never_becomes_a_key(upload_id):
    with pytest.raises(ValueError, match="upload id"):
        incoming_key(upload_id)


# -- names and types -------------------------------------------------------------------------------------


def saved_name(header):
    """The name that a client following RFC 8187 saves the file under."""
    return unquote(re.search(r"filename\*=UTF-8''(\S+)$", header).group(1), errors="strict")


@pytest.mark.parametrize(
    ("name", "saved", "fallback"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ("计量单位的故事.pdf", "计量单位的故事.pdf", "download.pdf"),
        ("SI 单位.csv", "SI 单位.csv", "SI _.csv"),
        ('他说"好".txt', "他说_好_.txt", "download.txt"),
        ("../../etc/passwd", "_.._etc_passwd", "download._etc_passwd"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt", "a Set-Cookie_ x=1.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe", "invoicefdp.exe"),
        ("100%25.txt", "100%25.txt", "100_25.txt"),
        ("..", "file", "file"),
        ("", "file", "file"),
        ("\x00\x1f", "file", "file"),
        ("é.html", "é.html", "download.html"),
        ("方升", "方升", "download"),
        ("📏尺.png", "📏尺.png", "download.png"),
    ],
)
def test_a_name_arrives_as_it_is_but_harmless(name, saved, fallback):
    header = content_disposition(name, "application/pdf")
    assert saved_name(header) == saved
    assert header.startswith(f'attachment; filename="{fallback}"; ')


@given(st.text(max_size=400))
def test_no_name_breaks_out_of_its_header(name):
    header = content_disposition(name, "text/plain", inline=True)
    assert re.fullmatch(r"inline; filename=\"[ !#$&-~]+\"; filename\*=UTF-8''[!-~]+", header)
    assert header.count('"') == 2
    saved = saved_name(header)
    assert not set(saved) & set('/\\"\r\n\x00')
    assert saved == safe_name(name)
    assert 0 < len(saved.encode()) <= MAX_NAME_BYTES


def test_a_very_long_name_keeps_its_extension_and_whole_characters():
    name = safe_name("量" * 300 + ".pdf")
    assert name.endswith("量.pdf")
    assert len(name.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize("media_type", sorted(SAFE_INLINE))
def test_types_in_which_nothing_runs_may_be_shown(media_type):
    assert content_disposition("x", media_type.upper(), inline=True).startswith("inline;")
    assert content_disposition("x", media_type).startswith("attachment;")


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html",
        "image/svg+xml",
        "text/xml",
        "application/xhtml+xml",
        "TEXT/HTML; charset=utf-8",
        "text/html,text/plain",
        "application/javascript",
        "text/javascript",
        "application/octet-stream",
        "",
        "text/plain\r\nX: y",
        "nonsense",
    ],
)
def test_types_in_which_something_may_run_are_attachments(media_type):
    assert content_disposition("x", media_type, inline=True).startswith("attachment;")


@pytest.mark.parametrize(
    ("media_type", "served"),
    [
        ("application/pdf", "application/pdf"),
        ("Text/Plain", "text/plain; charset=utf-8"),
        ('text/plain; charset="GB18030"', "text/plain; charset=gb18030"),
        ("text/csv; header=present", "text/csv; charset=utf-8"),
        ("text/plain\r\nSet-Cookie: a=b", "application/octet-stream"),
        ("中文/类型", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_media_type_is_served_clean_and_text_with_its_charset(media_type, served):
    assert content_type(media_type) == served


# -- presigned addresses ---------------------------------------------------------------------------------

MOMENT = datetime.datetime(2026, 5, 20, 23, 59, 59, tzinfo=datetime.UTC)
ENDPOINTS = [
    "http://127.0.0.1:9000",
    "http://store.example.cn:80",
    "https://store.example.cn",
    "https://store.example.cn:443/",
    "https://store.example.cn:8443",
    "http://[::1]:9000",
]


@pytest.fixture
def moment(monkeypatch):
    """boto3's clock stands still at MOMENT."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: MOMENT.replace(tzinfo=None))
    return MOMENT.timestamp()


def boto_client(endpoint):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="AKID/+=example",
        aws_secret_access_key="secret/+=é",
        region_name="cn-north-1",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
        ),
    )


def presigner(endpoint):
    return Presigner(endpoint=endpoint, access_key="AKID/+=example", secret_key="secret/+=é", region="cn-north-1")


@pytest.fixture(scope="module")
def by_boto():
    return boto_client(ENDPOINTS[0])


@pytest.fixture(scope="module")
def by_us():
    return presigner(ENDPOINTS[0])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_address_is_boto3s_for_every_kind_of_endpoint(moment, endpoint):
    theirs = boto_client(endpoint).generate_presigned_url(
        "get_object", Params={"Bucket": "public", "Key": kept_key(DIGEST)}, ExpiresIn=900
    )
    ours = presigner(endpoint).url("GET", bucket="public", key=kept_key(DIGEST), expires=900, now=moment)
    assert ours == theirs


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
segment = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=30)
unhurried = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@unhurried
@given(key=st.lists(segment.filter(lambda s: s not in {".", ".."}), min_size=1, max_size=3), name=printable)
def test_a_download_address_is_byte_for_byte_boto3s(moment, by_boto, by_us, key, name):
    disposition, media_type = content_disposition(name, "text/plain"), content_type("text/plain")
    params = {"Bucket": "public", "Key": "/".join(key)}
    params |= {"ResponseContentDisposition": disposition, "ResponseContentType": media_type}
    query = {"response-content-disposition": disposition, "response-content-type": media_type}
    theirs = by_boto.generate_presigned_url("get_object", Params=params, ExpiresIn=77)
    assert by_us.url("GET", bucket="public", key="/".join(key), expires=77, query=query, now=moment) == theirs


@unhurried
@given(size=st.integers(0, 2**40), number=st.integers(1, 10_000), upload=printable)
def test_an_upload_address_is_byte_for_byte_boto3s(moment, by_boto, by_us, size, number, upload):
    params = {"Bucket": "incoming", "Key": "uploads/a", "ContentLength": size}
    part = {"UploadId": upload, "PartNumber": number}
    place = {"bucket": "incoming", "key": "uploads/a", "expires": 3600, "headers": {"content-length": str(size)}}
    whole = by_boto.generate_presigned_url("put_object", Params=params, ExpiresIn=3600)
    assert by_us.url("PUT", **place, now=moment) == whole
    piece = by_boto.generate_presigned_url("upload_part", Params={**params, **part}, ExpiresIn=3600)
    query = {"uploadId": upload, "partNumber": str(number)}
    assert by_us.url("PUT", **place, query=query, now=moment) == piece


def test_the_signing_key_changes_with_the_day(monkeypatch, by_boto, by_us):
    for day in (20, 21, 20):
        then = MOMENT.replace(day=day)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True, then=then: then)
        theirs = by_boto.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"}, ExpiresIn=9)
        assert by_us.url("GET", bucket="b", key="k", expires=9, now=then.timestamp()) == theirs


def test_a_draft_is_signed_for_any_moment(moment, by_us):
    query = {"response-content-disposition": 'attachment; filename="{day}{stamp}"', "response-content-type": "a/b"}
    place = {"bucket": "public", "key": "{day}/{stamp}", "expires": 900, "query": query}
    draft = by_us.draft("GET", **place)
    for then in (moment, moment + 1, moment + 86_400):
        assert by_us.sign(draft, now=then) == by_us.url("GET", **place, now=then)
    assert by_us.sign(draft, now=moment) != by_us.sign(draft, now=moment + 1)
    assert "%7Bday%7D" in by_us.sign(draft, now=moment)


def test_the_s3_library_is_not_loaded_before_it_is_used():
    settings = "endpoint='http://127.0.0.1:9', access_key='abc', secret_key='abcdefgh'"
    code = (
        "import sys; from federation.storage import ObjectStore, StoreSettings;"
        f"store = ObjectStore(StoreSettings({settings}));"
        "store.download_url(sha256='a' * 64, name='n', media_type='a/b');"
        "sys.exit('boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- settings and the store that is not there ------------------------------------------------------------


def store_settings(**changes):
    values = {"endpoint": "http://127.0.0.1:9", "access_key": "access", "secret_key": "very secret", **changes}
    return StoreSettings(**values)


def test_settings_do_not_print_their_secret():
    assert "very secret" not in repr(store_settings())


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:9", True),
        ("http://localhost:9", True),
        ("http://[::1]:9", True),
        ("https://store.example.cn", False),
        ("http://10.0.0.7:9000", False),
    ],
)
def test_only_this_machine_is_local(endpoint, local):
    assert store_settings(endpoint=endpoint).is_local is local


def test_readers_and_nodes_get_the_public_endpoint():
    store = ObjectStore(store_settings(public_endpoint="https://files.example.cn", download_seconds=60))
    for url in (
        store.download_url(sha256=DIGEST, name="a", media_type="text/plain"),
        store.grant_put(upload_id="u1", size=1),
        store.grant_parts(upload_id="u1", store_upload_id="s", size=1, part_numbers=[1])[0].url,
    ):
        assert url.startswith("https://files.example.cn/")
        assert "very" not in url
    query = parse_qs(urlsplit(store.download_url(sha256=DIGEST, name="a", media_type="text/plain")).query)
    assert query["X-Amz-Expires"] == ["60"]


def test_a_store_that_cannot_check_lengths_gets_addresses_without_them():
    bound = ObjectStore(store_settings()).grant_put(upload_id="u1", size=1)
    free = ObjectStore(store_settings(sign_length=False)).grant_put(upload_id="u1", size=1)
    assert "content-length" in bound
    assert "content-length" not in free


def test_a_store_that_is_away_is_named_so():
    store = ObjectStore(store_settings(endpoint=f"http://127.0.0.1:{free_port()}"))
    assert store.ready() is False
    for call in (
        lambda: store.has(sha256=DIGEST, size=1),
        lambda: store.open_upload(upload_id="u1", size=99 * MIB),
        lambda: store.verify_and_keep(upload_id="u1", sha256=DIGEST, size=1),
        lambda: store.put_bytes(sha256=DIGEST, data=b""),
        store.ensure_buckets,
    ):
        with pytest.raises(StoreUnavailable) as caught:
            call()
        assert "very secret" not in str(caught.value)
