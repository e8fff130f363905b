//! Rules of the settings: sources and their precedence, meanings, and errors.

mod limits;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use api_actix::Dialect;

use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Reads flags (by variable), variables, and a file with that text unless it is empty.
fn configure(flags: Pairs<'_>, variables: Pairs<'_>, file: &str) -> Result<Configuration, SettingError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.toml");
    if !file.is_empty() {
        std::fs::write(&path, file).unwrap();
    }
    let flags = flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Configuration::new(Values::new(flags, variables, None, &path)?)
}

fn read(variables: Pairs<'_>) -> Result<Settings, SettingError> {
    configure(&[], variables, "").map(|configuration| configuration.settings)
}

fn problem(result: Result<impl Sized, SettingError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn the_defaults_serve_on_this_machine_alone() {
    let settings = read(&[("PATH", "/bin"), ("PARLOR_TEST_X", "1")]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3020");
    assert!(matches!(settings.database(), Database::Sqlite(path) if path == Path::new("data/parlor.db")));
    assert_eq!(settings.files_url, "file://data/files");
    assert_eq!(settings.quotas().auth, Some("5/1m".parse().unwrap()));
    assert_eq!(settings.token_ttl, std::time::Duration::from_hours(24));
    assert!(settings.redis_url.is_none() && settings.admins.is_empty() && settings.log_format.is_none());
}

#[test]
fn the_data_directory_holds_database_and_files_unless_they_are_set() {
    let settings = read(&[("PARLOR_DATA_DIR", "/srv/parlor/")]).unwrap();
    assert!(
        matches!(settings.database(), Database::Sqlite(path) if path == Path::new("/srv/parlor/parlor.db"))
    );
    assert_eq!(settings.files_url, "file:///srv/parlor/files");
}

#[test]
fn an_invalid_value_is_rejected_with_the_name_of_its_setting() {
    for (name, value) in [
        ("PARLOR_LISTEN", "here"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("DATABASE_URL", "sqlite://x.db?mode=rwc"),
        ("PARLOR_DATABASE_POOL", "0"),
        ("PARLOR_DATABASE_PREPARE", "never"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis+sentinel://localhost"),
        ("REDIS_URL_FILE", "/nowhere/at/all"),
        ("PARLOR_LIMITS_WITHOUT_REDIS", "shut"),
        ("PARLOR_JWT_SECRET", "short"),
        ("PARLOR_JWT_SECRET_FILE", "/nowhere/at/all"),
        ("PARLOR_JWT_SECRET_FILE", "/dev/null"),
        ("PARLOR_ADMINS", "a b"),
        ("PARLOR_LIMIT_AUTH", "often"),
        ("PARLOR_LIMITS", "maybe"),
        ("PARLOR_TRUSTED_PROXIES", "proxy"),
        ("PARLOR_FORWARDED_HEADER", "via"),
        ("PARLOR_JWT_SECRET_PREVIOUS", "short"),
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
        ("PARLOR_FILES_QUARANTINE", "off"),
        ("PARLOR_UPLOAD_TIMEOUT", "0s"),
        ("PARLOR_QUOTA_FILES", "1GB"),
        ("PARLOR_QUOTA_FILES", "-1"),
        ("PARLOR_QUOTA_FILES", "99999999TiB"),
        ("PARLOR_GRACE", "soon"),
        ("PARLOR_CONNECTIONS", "some"),
        ("PARLOR_QUOTA_ROOMS", "-1"),
        ("PARLOR_QUOTA_MEMBERSHIPS", "1,000"),
        ("PARLOR_QUOTA_INVITATIONS", "none"),
    ] {
        let error = problem(read(&[(name, value)]));
        assert!(error.starts_with(&format!("Invalid value for {name}: ")), "{error}");
    }
    assert_eq!(
        problem(read(&[("PARLOR_LISTEN", "here")])),
        "Invalid value for PARLOR_LISTEN: must be an address of this machine and a port: 127.0.0.1:3020, localhost:3020 or \
         :3020"
    );
}

#[test]
fn a_value_counts_without_the_white_space_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("\n {} \n", "x".repeat(32))).unwrap();
    let given = [
        ("PARLOR_LISTEN", " 127.0.0.1:1\n"),
        ("PARLOR_GRACE", "\t2s "),
        ("PARLOR_ADMINS", "  "),
        ("PARLOR_JWT_SECRET_FILE", &format!(" {}\n", file.display())),
    ];
    let settings = configure(&[("PARLOR_LOG", " warn ")], &given, "drain = ' 3s '").unwrap().settings;
    assert_eq!((settings.listen.to_string(), settings.grace.as_secs()), ("127.0.0.1:1".into(), 2));
    assert_eq!((settings.log, settings.drain.as_secs(), settings.admins.len()), ("warn".into(), 3, 0));
    assert_eq!(settings.jwt_secret.unwrap().0, "x".repeat(32));
}

#[test]
fn an_unknown_setting_is_rejected_even_if_it_is_empty() {
    for name in ["PARLOR_LISTN", "PARLOR_LISTEN_FILE"] {
        assert!(problem(read(&[(name, "")])).starts_with(&format!("Unknown setting {name}: ")));
    }
    // The file has names of its own.
    for key in ["listn", "LISTEN", "PARLOR_LISTEN", "parlor_listen", "listen_file"] {
        let error = problem(configure(&[], &[], &format!("{key} = \"127.0.0.1:1\"")));
        assert!(error.starts_with(&format!("Unknown setting {key} in ")), "{error}");
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "listen = \"127.0.0.1:1\"\nadmins = [\"ryo\", \"eve\"]\ndatabase_pool = 7\ngrace = \"1s\"";
    let variables = [("PARLOR_LISTEN", "127.0.0.1:2"), ("PARLOR_GRACE", "2s"), ("PARLOR_ADMINS", "")];
    let configuration = configure(&[("PARLOR_LISTEN", "127.0.0.1:3")], &variables, file).unwrap();
    let settings = &configuration.settings;
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3");
    assert_eq!(settings.grace.as_secs(), 2);
    assert_eq!(settings.database_pool, 7);
    // An empty variable counts as not set.
    assert_eq!(settings.admins.len(), 2);
    for (name, source) in [
        ("PARLOR_LISTEN", Source::Flag),
        ("PARLOR_GRACE", Source::Environment),
        ("PARLOR_ADMINS", Source::File),
        ("PARLOR_DRAIN", Source::Default),
    ] {
        assert_eq!(configuration.values.source(name), source, "{name}");
    }
}

#[test]
fn an_error_names_the_setting_as_the_user_gave_it() {
    let flag = problem(configure(&[("PARLOR_GRACE", "soon")], &[], ""));
    assert!(flag.starts_with("Invalid value for --grace: must be"), "{flag}");
    for (text, key) in [("grace = \"soon\"", "grace"), ("jwt_secret = \"short\"", "jwt_secret")] {
        let error = problem(configure(&[], &[], text));
        let variable = format!("(PARLOR_{}): must", key.to_uppercase());
        assert!(
            error.starts_with(&format!("Invalid value for {key} in ")) && error.contains(&variable),
            "{error}"
        );
    }
    let odd = problem(configure(&[], &[], "listen = 1.5"));
    assert!(odd.starts_with("Invalid value for listen in "), "{odd}");
}

#[test]
fn either_form_of_a_secret_wins_over_both_forms_of_a_lower_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let [in_file, direct, other] = ["f", "d", "o"].map(|letter| letter.repeat(32));
    std::fs::write(&path, format!("{in_file}\n")).unwrap();
    let path = path.to_str().unwrap();
    let (plain, file) = ("PARLOR_JWT_SECRET", "PARLOR_JWT_SECRET_FILE");
    let secret = |variables: Pairs<'_>, file: &str| {
        configure(&[], variables, file).unwrap().settings.jwt_secret.unwrap().0
    };
    let named = format!("jwt_secret_file = \"{path}\"");
    let given = format!("jwt_secret = \"{other}\"");
    assert_eq!(secret(&[], &named), in_file);
    assert_eq!(secret(&[(plain, &direct)], &named), direct);
    assert_eq!(secret(&[(file, path)], &given), in_file);
    // Both in one source contradict each other, in either order.
    for both in [[(plain, direct.as_str()), (file, path)], [(file, path), (plain, direct.as_str())]] {
        let error = problem(read(&both));
        assert!(error.starts_with("Set either ") && error.contains(file), "{error}");
    }
    assert!(configure(&[], &[], &format!("{given}\n{named}")).is_err());
}

#[test]
fn variables_of_other_programs_need_not_be_unicode() {
    let odd = || OsString::from_vec(vec![0xff]);
    let read = |variables: Vec<_>| Values::new(vec![], variables.into_iter(), None, Path::new("/nowhere"));
    assert!(read(vec![("OTHER".into(), odd()), (odd(), "x".into())]).is_ok());
    let error = problem(read(vec![("PARLOR_ADMINS".into(), odd())]));
    assert_eq!(error, "Invalid value for PARLOR_ADMINS: must be Unicode");
}

#[test]
fn an_empty_list_in_the_file_is_a_value() {
    let settings = configure(&[], &[], "admins = []\ndialects = []").unwrap().settings;
    assert!(settings.admins.is_empty() && settings.dialects.is_empty());
}

#[test]
fn a_malformed_file_is_rejected_with_the_line_but_not_its_text() {
    let error = problem(configure(&[], &[], "listen = \"127.0.0.1:1\"\njwt_secret = \"s3cret\" x"));
    assert!(error.contains("parlor.toml is not valid TOML: line 2: "), "{error}");
    assert!(!error.contains("s3cret") && !error.contains('\n'), "{error}");
}

#[test]
fn a_file_that_is_asked_for_must_exist() {
    let asked =
        Values::new(vec![], std::iter::empty(), Some(Path::new("/nowhere.toml")), Path::new("/nowhere"));
    assert!(problem(asked).starts_with("Can't read the settings in /nowhere.toml: "));
}

#[test]
fn postgresql_requires_a_secret_that_replicas_share() {
    let url = ("DATABASE_URL", "postgres://localhost/parlor");
    assert!(problem(read(&[url])).starts_with("PARLOR_JWT_SECRET must be set with PostgreSQL"));
    let secret = "x".repeat(32);
    let settings = read(&[url, ("PARLOR_JWT_SECRET", &secret)]).unwrap();
    assert!(matches!(settings.database(), Database::Postgres(_)) && settings.database_pool == 16);
}

#[test]
fn redis_may_be_one_server_or_many_and_its_url_is_a_secret() {
    for url in ["rediss://:pw@h:1/2", "redis+sentinel://a,b/main", "redis+cluster://a:1,b:2"] {
        let settings = read(&[("REDIS_URL", url)]).unwrap();
        assert_eq!(settings.redis_url.unwrap().0, url);
        assert_eq!(settings.limits_without_redis, WithoutRedis::Local);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "redis://:s3cret@localhost\n").unwrap();
    let given = [("REDIS_URL_FILE", file.to_str().unwrap()), ("PARLOR_LIMITS_WITHOUT_REDIS", "open")];
    let settings = read(&given).unwrap();
    assert_eq!(settings.limits_without_redis, WithoutRedis::Open);
    assert!(!format!("{settings:?}").contains("s3cret"));
    let error = problem(read(&[("REDIS_URL", "redis://:s3cret@h/x")]));
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn all_dialects_are_served_unless_some_are_named() {
    assert_eq!(read(&[]).unwrap().dialects.len(), 3);
    assert_eq!(read(&[("PARLOR_DIALECTS", "actions")]).unwrap().dialects, [Dialect::Actions]);
    assert!(read(&[("PARLOR_DIALECTS", "none")]).unwrap().dialects.is_empty());
}

#[test]
fn secrets_are_never_printed() {
    let url = "postgres://parlor:s3cret@localhost/parlor";
    let variables = [("PARLOR_JWT_SECRET", &*"s3cret".repeat(8)), ("DATABASE_URL", url)];
    let configuration = configure(&[], &variables, "").unwrap();
    for text in [format!("{:?}", configuration.settings), configuration.list(false), configuration.list(true)]
    {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn the_list_shows_the_values_in_effect_and_their_sources() {
    let configuration = configure(&[("PARLOR_DATA_DIR", "/srv")], &[("PARLOR_GRACE", "5s")], "").unwrap();
    let list: serde_json::Value = serde_json::from_str(&configuration.list(true)).unwrap();
    let row = |name: &str| list.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(
        (&row("PARLOR_GRACE")["value"], &row("PARLOR_GRACE")["source"]),
        (&"5s".into(), &"environment".into())
    );
    assert_eq!(row("PARLOR_GRACE")["flag"], "--grace");
    assert_eq!(row("DATABASE_URL")["value"], "sqlite:///srv/parlor.db");
    assert_eq!(row("DATABASE_URL")["file_name"], "DATABASE_URL_FILE");
    assert_eq!(row("PARLOR_FILES_URL")["value"], "file:///srv/files");
    assert!(row("REDIS_URL")["value"].is_null() && row("REDIS_URL")["secret"] == true);
    assert!(configuration.list(false).contains("/srv  [flag]"));
}
