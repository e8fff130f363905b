//! What settings mean, and how they are refused.

use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
    let owned = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let nowhere = Path::new("/nowhere/at/all.toml");
    Settings::from(Source::new(owned.collect::<Vec<_>>().into_iter(), None, nowhere)?)
}

#[test]
fn nothing_said_means_a_server_of_ones_own_machine() {
    let settings = read(&[("PATH", "/bin"), ("PARLOR_TEST_X", "1")]).unwrap();
    assert_eq!(settings.listen, "127.0.0.1:3020".parse().unwrap());
    assert!(matches!(settings.database, Database::Sqlite(path) if path == Path::new("data/parlor.db")));
    assert_eq!(settings.quotas.auth, Some("5/1m".parse().unwrap()));
    assert_eq!(settings.token_ttl, Duration::from_hours(24));
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    for (name, value) in [
        ("PARLOR_LISTEN", "here"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("DATABASE_URL", "sqlite://x.db?mode=rwc"),
        ("PARLOR_DATABASE_POOL", "0"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis+sentinel://localhost"),
        ("REDIS_URL_FILE", "/nowhere/at/all"),
        ("PARLOR_LIMITS_WITHOUT_REDIS", "shut"),
        ("PARLOR_JWT_SECRET", "short"),
        ("PARLOR_JWT_SECRET_FILE", "/nowhere/at/all"),
        ("PARLOR_ADMINS", "a b"),
        ("PARLOR_LIMIT_AUTH", "often"),
        ("PARLOR_LIMITS", "maybe"),
        ("PARLOR_TRUSTED_PROXIES", "proxy"),
        ("PARLOR_CORS_ORIGINS", "https://chat.example, *"),
        ("PARLOR_TOKEN_TTL", "0s"),
        ("PARLOR_LOG", "inof"),
        ("PARLOR_LOG", "info,parlor=loud"),
        ("PARLOR_LOG_FORMAT", "xml"),
        ("PARLOR_OTLP_URL", "collector:4318"),
        ("PARLOR_OTLP_URL", "http://collector :4318"),
        ("PARLOR_RYOS_TRUST_USERNAMES", "alice"),
        ("PARLOR_DIALECTS", "ryos,klingon"),
        ("PARLOR_FILES_URL", "ftp://x"),
        ("PARLOR_MAX_UPLOAD_BYTES", "much"),
        ("PARLOR_FILES_UNUSED_TTL", "soon"),
        ("PARLOR_GRACE", "soon"),
        ("PARLOR_LISTN", "127.0.0.1:1"),
    ] {
        let error = read(&[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name} ")), "{error}");
    }
}

#[test]
fn a_setting_of_the_file_is_refused_by_both_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parlor.toml");
    for (text, name) in [("grace = \"soon\"", "grace"), ("jwt_secret = \"short\"", "jwt_secret")] {
        std::fs::write(&file, text).unwrap();
        let source = Source::new(std::iter::empty(), Some(&file), Path::new("/nowhere")).unwrap();
        let refused = Settings::from(source).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{name} in {}", file.display())), "{refused}");
        assert!(refused.contains(&format!("(PARLOR_{}) must", name.to_uppercase())), "{refused}");
    }
}

#[test]
fn replicas_must_be_given_the_secret_they_share() {
    let error = read(&[("DATABASE_URL", "postgres://localhost/parlor")]).unwrap_err();
    assert!(error.to_string().starts_with("PARLOR_JWT_SECRET must be set"), "{error}");
    let secret = "x".repeat(32);
    let both = [("DATABASE_URL", "postgres://localhost/parlor"), ("PARLOR_JWT_SECRET", secret.as_str())];
    assert!(matches!(read(&both).unwrap().database, Database::Postgres { pool_size: 16, .. }));
}

#[test]
fn redis_may_be_one_server_or_many_and_its_url_a_secret() {
    assert!(read(&[]).unwrap().redis_url.is_none());
    for url in ["rediss://:pw@h:1/2", "redis+sentinel://a,b/main", "redis+cluster://a:1,b:2"] {
        let settings = read(&[("REDIS_URL", url)]).unwrap();
        assert_eq!(settings.redis_url.unwrap().0, url);
        assert_eq!(settings.limits_without_redis, WithoutRedis::Local);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "redis://:s3cret@localhost\n").unwrap();
    let said = [("REDIS_URL_FILE", file.to_str().unwrap()), ("PARLOR_LIMITS_WITHOUT_REDIS", "open")];
    let settings = read(&said).unwrap();
    assert_eq!(settings.limits_without_redis, WithoutRedis::Open);
    assert!(!format!("{settings:?}").contains("s3cret"));
    let refused = read(&[("REDIS_URL", "redis://:s3cret@h/x")]).unwrap_err().to_string();
    assert!(!refused.contains("s3cret"), "{refused}");
}

#[test]
fn limits_can_be_turned_off_one_by_one_or_together() {
    let one = read(&[("PARLOR_LIMIT_AUTH", "off")]).unwrap();
    assert!(one.quotas.auth.is_none() && one.quotas.api.is_some());
    let all = read(&[("PARLOR_LIMITS", "off")]).unwrap();
    assert!(all.quotas.auth.is_none() && all.quotas.anonymous.is_none());
    // The envelope dialect's are its own, but for that.
    assert_eq!(one.envelope_quotas.auth, Some("5/1m".parse().unwrap()));
    assert_eq!(one.envelope_quotas.upload, Some("10/1h".parse().unwrap()));
    assert!(all.envelope_quotas.auth.is_none() && all.envelope_quotas.api.is_none());
}

#[test]
fn without_limits_only_a_cap_that_is_set_holds() {
    let usual = read(&[]).unwrap();
    assert_eq!((usual.connections_per_user, usual.subscriptions_per_user), (100, 1_000));
    let one = read(&[("PARLOR_LIMITS", "off"), ("PARLOR_CONNECTIONS", "5")]).unwrap();
    assert_eq!((one.connections_per_user, one.subscriptions_per_user), (5, usize::MAX));
}

#[test]
fn dialects_are_all_on_until_some_are_named() {
    assert_eq!(read(&[]).unwrap().dialects.len(), 3);
    let one = read(&[("PARLOR_DIALECTS", "actions")]).unwrap();
    assert_eq!(one.dialects, [Dialect::Actions]);
    assert!(read(&[("PARLOR_DIALECTS", "none")]).unwrap().dialects.is_empty());
}

#[test]
fn secrets_do_not_show() {
    let url = "postgres://parlor:s3cret@localhost/parlor";
    let settings = read(&[("PARLOR_JWT_SECRET", &"s3cret".repeat(8)), ("DATABASE_URL", url)]).unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
}
