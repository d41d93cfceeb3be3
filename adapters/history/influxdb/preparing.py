"""Making an InfluxDB ready: the database or bucket, how long it keeps data, and the name that InfluxQL finds it by.

Promises: doing it again changes nothing but what is asked to be different; nothing that is stored is touched, except by
a shorter retention. Leaves to others: organisations, accounts and tokens, which are the server's administration.
"""

from __future__ import annotations

from datetime import timedelta

from influxdb_client import Bucket, BucketRetentionRules, DBRPCreate, DBRPsService, InfluxDBClient
from influxdb_client.rest import ApiException

from adapters.history.influxdb.address import InfluxAddress, Mode
from adapters.history.influxdb.fields import quoted_name
from adapters.history.influxdb.wire import client_of, open_wire, told

_POLICY = "autogen"
_LONG = timedelta(days=180)


def prepare(address: InfluxAddress, retention: timedelta | None) -> str:
    """Make what is missing and set the retention; says what is there now.

    Without `retention` a new one keeps everything, and one that is there keeps data as long as it did.

    Raises HistoryUnavailable, and ValueError when the server refuses a name or a span.
    """
    if address.mode is Mode.V1:
        return _prepare_database(address, retention)
    with told(address), client_of(address) as client:
        return _prepare_bucket(client, address, retention)


def _prepare_database(address: InfluxAddress, retention: timedelta | None) -> str:
    name = quoted_name(address.bucket)
    statements = [f"CREATE DATABASE {name}"]
    if retention is not None:
        shard_days = 1 if retention < _LONG else 7  # what the server itself chooses for a new one
        statements.append(
            f"ALTER RETENTION POLICY {quoted_name(_POLICY)} ON {name}"
            f" DURATION {int(retention.total_seconds())}s SHARD DURATION {shard_days}d DEFAULT"
        )
    wire = open_wire(address)
    try:
        for statement in statements:
            wire.query([statement])
    finally:
        wire.close()
    return f"database {address.bucket} is ready{_kept(retention)}"


def _prepare_bucket(client: InfluxDBClient, address: InfluxAddress, retention: timedelta | None) -> str:
    buckets = client.buckets_api()
    bucket = _bucket(client, address)
    rules = []
    if retention is not None:
        rules = [BucketRetentionRules(type="expire", every_seconds=int(retention.total_seconds()))]
    if bucket is None:
        bucket = buckets.create_bucket(bucket_name=address.bucket, retention_rules=rules, org=address.org)
    elif rules:
        bucket.retention_rules = rules
        buckets.update_bucket(bucket)
    mappings = DBRPsService(client.api_client)
    found = mappings.get_dbr_ps(org=address.org, db=address.bucket).content or []
    if not any(each.bucket_id == bucket.id and each.default for each in found):
        mappings.post_dbrp(
            DBRPCreate(
                org=address.org,
                bucket_id=bucket.id,
                database=address.bucket,
                retention_policy=_POLICY,
                default=True,
            )
        )
    return f"bucket {address.bucket} is ready and InfluxQL finds it by that name{_kept(retention)}"


def _bucket(client: InfluxDBClient, address: InfluxAddress) -> Bucket | None:
    try:
        found = client.buckets_api().find_buckets(name=address.bucket, org=address.org).buckets
    except ApiException as error:
        if error.status == 404:  # some versions answer so, others with an empty list
            return None
        raise
    return next((bucket for bucket in found if bucket.name == address.bucket), None)


def _kept(retention: timedelta | None) -> str:
    return f"; it keeps {retention.days} days" if retention is not None else ""
