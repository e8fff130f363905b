//! The settings, for people at a terminal.

/// Every setting, as `--help` shows it.
pub(crate) const HELP: &str = "\
Settings, from the environment or (names in brackets) from ./parlor.toml or --config; the environment wins:
  PARLOR_LISTEN           [listen]           address and port; port 0 takes a free one  (127.0.0.1:3020)
  DATABASE_URL            [database_url]     sqlite://<path> or postgres://…            (sqlite://<data dir>/parlor.db)
  PARLOR_DATABASE_POOL    [database_pool]    PostgreSQL connections of this replica     (16)
  PARLOR_DATABASE_CA      [database_ca]      PEM file of who may vouch for PostgreSQL   (the system's)
  REDIS_URL               [redis_url]        redis://…: replicas share events, presence and limits
                                             through it; redis+sentinel://<host>,<host>/<master> and
                                             redis+cluster://<host>,<host> too; rediss with TLS
  PARLOR_DATA_DIR         [data_dir]         what is generated and uploaded             (data)
  PARLOR_FILES_URL        [files_url]        file://<folder> or s3://<bucket>/<prefix>  (file://<data dir>/files)
  PARLOR_MAX_UPLOAD_BYTES [max_upload_bytes] how large a file may be                    (26214400)
  PARLOR_FILES_UNUSED_TTL [files_unused_ttl] when files go that no message shows        (off)
  PARLOR_JWT_SECRET       [jwt_secret]       signs tokens; at least 32 bytes            (SQLite: generated)
  PARLOR_TOKEN_TTL        [token_ttl]        how long a token holds                     (24h)
  PARLOR_ADMINS           [admins]           usernames of server admins, with commas
  PARLOR_LIMIT_AUTH       [limit_auth]       logins and signups                         (5/1m)
  PARLOR_LIMIT_API        [limit_api]        requests of a user                         (1200/1m)
  PARLOR_LIMIT_ANONYMOUS  [limit_anonymous]  requests of an address                     (100/15m)
  PARLOR_LIMIT_UPLOAD     [limit_upload]     uploads of a user                          (60/1h)
  PARLOR_LIMITS           [limits]           off: none of the limits, nor of the caps
                                             below that are not set                     (on)
  PARLOR_LIMITS_WITHOUT_REDIS [limits_without_redis]
                                             while Redis is away: local, counted by each
                                             replica, or open: not at all               (local)
  PARLOR_TRUSTED_PROXIES  [trusted_proxies]  networks whose forwarding headers count
  PARLOR_CORS_ORIGINS     [cors_origins]     origins of browsers that may call
  PARLOR_CONNECTIONS      [connections]      sockets and streams of a user at a time    (100)
  PARLOR_SUBSCRIPTIONS    [subscriptions]    rooms that they listen to, all together    (1000)
  PARLOR_RYOS_TRUST_USERNAMES [ryos_trust_usernames]
                                             true: dialect ryos believes usernames      (false)
  PARLOR_DIALECTS         [dialects]         what other clients are spoken to in; or none (ryos,actions,envelope)
  PARLOR_LOG              [log]              what is logged                             (info)
  PARLOR_LOG_FORMAT       [log_format]       pretty or json                             (pretty on a terminal)
  PARLOR_OTLP_URL         [otlp_url]         collector that takes traces by OTLP/HTTP   (none)
  PARLOR_DRAIN            [drain]            how long to go on after SIGTERM            (0s)
  PARLOR_GRACE            [grace]            how long requests may take to finish       (30s)
DATABASE_URL, REDIS_URL and PARLOR_JWT_SECRET are read from a file named by DATABASE_URL_FILE, … as well.
An empty variable is as good as none. Times are a number and s, m, h or d; limits <count>/<time> or off.";
