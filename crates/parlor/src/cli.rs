//! The command line.

mod arguments;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use uuid::Uuid;

pub(crate) use self::arguments::Given;
use crate::client::ClientCommand;
use crate::dev::Faults;
use crate::number::number;
use crate::settings;

/// A self-hosted chat-room server, and a client of it. Without a command it serves.
#[derive(Parser)]
#[command(name = "parlor", version)]
#[command(
    after_help = "login, logout, chat, tail and send are commands of a client, the others of a server.\n\
    `parlor --help` lists the settings of a server, `parlor settings` shows their values."
)]
#[command(after_long_help = settings::help())]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Server(ServerCommand),
    #[command(flatten)]
    Client(ClientCommand),
    /// Serves fresh sample data until Ctrl-C, for trying clients: with faults, if wanted
    ///
    /// The data is in a temporary folder and removed at the end; there are two users and messages of every kind. Limits are off, pages
    /// of every server on this machine may call it, and only warnings are logged. Other settings are flags, as `parlor --help` lists
    /// them (`--log info`): variables and files are not read.
    Dev {
        /// Faults, separated by commas: drop-ack=0.1,delay=200ms,cut=30s,duplicate=0.05,expire-tokens=60s
        ///
        /// drop-ack: the chance that the answer to a send is lost with its connection, while the message is stored. delay: the time by
        /// which every answer and event is late. cut: the time after which a connection is cut, on average. duplicate: the chance that an
        /// event comes twice. expire-tokens: the time for which a token is valid.
        #[arg(long, value_name = "FAULTS")]
        fault: Option<Faults>,
    },
    /// Prints the completions for a shell
    Completions {
        /// Shell
        shell: Shell,
    },
    /// Writes the manual, a page for each command, into a folder
    #[command(hide = true)]
    Manual {
        /// Folder
        folder: PathBuf,
    },
}

/// The commands of a server's operator.
#[derive(Subcommand)]
pub(crate) enum ServerCommand {
    /// Serves the API until SIGTERM or Ctrl-C
    #[command(after_help = settings::help())]
    Serve,
    /// Checks everything that the server needs, and prints how to fix what is wrong
    Doctor,
    /// Exits with 0 if the server with these settings is running and healthy
    Health,
    /// Prints every setting with its value in effect and the source of that value
    Settings {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints every HTTP route
    #[command(hide = true)]
    Routes {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints every metric
    #[command(hide = true)]
    Metrics {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Runs, lists or reverts migrations of the database schema
    Migrate {
        #[command(subcommand)]
        action: Migrate,
    },
    /// Backs up the SQLite database to a file; a server may be running (PostgreSQL: use `pg_dump`)
    Backup {
        /// File to write; only its owner may read it
        file: PathBuf,
        /// Overwrite an existing file
        #[arg(long)]
        force: bool,
        /// Also copy uploaded files to the folder <FILE>.files; files that are there already are skipped
        #[arg(long)]
        with_files: bool,
    },
    /// Restores the SQLite database from a backup and keeps the current one under another name; stop the server first
    Restore {
        /// File written by `parlor backup`
        file: PathBuf,
        /// Also copy uploaded files back from the folder <FILE>.files
        #[arg(long)]
        with_files: bool,
    },
    /// Copies all rows of a database into another, empty one, and verifies the copy
    ///
    /// The source must have the schema of this program's version (`parlor migrate run`). A server may be running on it, but
    /// rows that it writes after the copy has started are not copied. The target stays empty until the copy is complete.
    Copy {
        /// Source: `sqlite://<path>` or `postgres://…`
        #[arg(long, value_name = "URL", env = "COPY_FROM_URL", hide_env_values = true)]
        from: String,
        /// Target: a new SQLite file, or a PostgreSQL database without rows; migrations are run
        #[arg(long, value_name = "URL", env = "COPY_TO_URL", hide_env_values = true)]
        to: String,
    },
    /// Creates users, changes their rights and passwords, disables accounts and ends sessions
    User {
        #[command(subcommand)]
        action: User,
    },
    /// Manages uploaded files
    Files {
        #[command(subcommand)]
        action: Files,
    },
    /// Manages the index in which messages are searched
    Search {
        #[command(subcommand)]
        action: Search,
    },
    /// Shows the audit log, and what no API returns: former contents of messages
    Audit {
        #[command(subcommand)]
        action: Audit,
    },
}

#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Runs pending migrations (`parlor serve` does so at its start)
    Run,
    /// Lists all migrations, each as applied or pending
    List,
    /// Reverts the latest migration, and deletes the data that belongs to it
    Revert,
}

#[derive(Subcommand)]
pub(crate) enum Files {
    /// Puts stored bytes that belong to no file in quarantine and, if `files_unused_ttl` is set, files that no message shows;
    /// removes what was there for `files_quarantine` (`parlor serve` does so every hour)
    Gc {
        /// Only print how much there is
        #[arg(long)]
        dry_run: bool,
    },
    /// Makes the file store that of this database, which takes the place of the one that it belongs to; nothing is removed
    /// for a day
    Adopt,
}

#[derive(Subcommand)]
pub(crate) enum Search {
    /// Adds messages to the index that an earlier version wrote; the server may be running
    ///
    /// Run it after the update to a version with search, once no server of the earlier version runs, and after a return to one.
    /// Interrupted, it continues where it was. `parlor doctor` says if it is needed.
    Reindex,
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Shows all versions of a message and the user who deleted it
    Message {
        /// Id of the message
        id: Uuid,
    },
    /// Lists what was done on the server, newest first: by whom, when, and from which address
    List(AuditFilter),
}

/// The selection of audit events.
#[derive(Args)]
pub(crate) struct AuditFilter {
    /// Only events of this room, which may be deleted
    #[arg(long, value_name = "ID")]
    pub room: Option<Uuid>,
    /// Only events that this user did, or that were done to them
    #[arg(long, value_name = "USERNAME")]
    pub user: Option<String>,
    /// Only events of this kind, such as `login-failed`
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Only events since this time (RFC 3339), or since so long ago, such as `7d`
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// The most events to list, from 1 to 10000
    #[arg(long, default_value_t = 50, value_parser = number(1..=10_000_u32))]
    pub limit: u32,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// Creates a user; a name in `PARLOR_ADMINS` can only be created so
    ///
    /// The password is asked for on a terminal, and otherwise read from the first line of standard input.
    Create {
        /// Username of the new user
        username: String,
        /// Email address of the new user [default: one at parlor.invalid, which is good for logging in only]
        email: Option<String>,
        /// File whose first line is the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Makes a user a server admin
    Promote {
        /// Username
        username: String,
    },
    /// Removes the rights of a server admin from a user
    Demote {
        /// Username
        username: String,
    },
    /// Sets a new password and ends all sessions of the user
    ///
    /// The password is asked for on a terminal, and otherwise read from the first line of standard input.
    ResetPassword {
        /// Username
        username: String,
        /// File whose first line is the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Disables an account: its sessions end, and logins fail
    Disable {
        /// Username
        username: String,
    },
    /// Enables a disabled account
    Enable {
        /// Username
        username: String,
    },
    /// Ends all sessions of a user
    EndSessions {
        /// Username
        username: String,
    },
}
