//! Tests of the settings of limits and quotas.

use super::read;

#[test]
fn limits_can_be_turned_off_one_by_one_or_together() {
    let one = read(&[("PARLOR_LIMIT_AUTH", "off")]).unwrap();
    assert!(one.quotas().auth.is_none() && one.quotas().api.is_some());
    let all = read(&[("PARLOR_LIMITS", "off")]).unwrap();
    assert!(all.quotas().auth.is_none() && all.quotas().anonymous.is_none());
    // The limits of the envelope dialect depend on the switch alone.
    assert_eq!(one.envelope_quotas().auth, Some("5/1m".parse().unwrap()));
    assert_eq!(one.envelope_quotas().upload, Some("10/1h".parse().unwrap()));
    assert!(all.envelope_quotas().auth.is_none() && all.envelope_quotas().api.is_none());
}

#[test]
fn a_quota_of_bytes_has_a_unit_or_is_off() {
    for (text, bytes) in [
        ("1GiB", Some(1 << 30)),
        ("500 MiB", Some(500 << 20)),
        ("7KiB", Some(7 << 10)),
        ("1000", Some(1_000)),
        ("0", Some(0)),
        ("off", None),
    ] {
        assert_eq!(read(&[("PARLOR_QUOTA_FILES", text)]).unwrap().quota_files, bytes, "{text}");
    }
    assert_eq!(read(&[]).unwrap().quota_files, Some(1 << 30));
}

#[test]
fn without_limits_only_a_cap_that_is_set_remains() {
    let usual = read(&[]).unwrap();
    assert_eq!((usual.connections, usual.subscriptions), (100, 1_000));
    let one = read(&[("PARLOR_LIMITS", "off"), ("PARLOR_CONNECTIONS", "5")]).unwrap();
    assert_eq!((one.connections, one.subscriptions), (5, usize::MAX));
}
