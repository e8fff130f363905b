//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use uuid::Uuid;

/// A self-hosted chat-room server. Without a command: `serve`.
#[derive(Parser)]
#[command(name = "parlor", version, about, after_help = crate::settings::HELP)]
pub(crate) struct Cli {
    /// A TOML file of settings [./parlor.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves the API until it is told to stop (SIGTERM or Ctrl-C).
    Serve,
    /// Checks settings, database, migrations, clock, disk and open-file limit; says how to mend each.
    Doctor,
    /// Asks the server that the settings would start whether it lives.
    Health,
    /// Moves the database's schema.
    Migrate {
        #[command(subcommand)]
        action: Migrate,
    },
    /// Writes the SQLite database into one file, while a server may go on writing. (PostgreSQL: `pg_dump`.)
    Backup {
        /// The file; only its owner may read it.
        file: PathBuf,
        /// Replaces the file where there is one.
        #[arg(long)]
        force: bool,
        /// Copies uploaded files too, to the folder `<FILE>.files`; those that are there are not copied again.
        #[arg(long)]
        with_files: bool,
    },
    /// Puts a backup in the place of the SQLite database and keeps the former one aside; no server may run on it.
    Restore {
        /// What `backup` wrote.
        file: PathBuf,
        /// Brings back uploaded files too, from the folder `<FILE>.files`.
        #[arg(long)]
        with_files: bool,
    },
    /// Copies everything that is in one database into another, empty one, and checks what has come out.
    ///
    /// The source must be of this program's version (`parlor migrate run`). A server may run on it, but what that writes
    /// after the copy has begun is not copied. Nothing shows in the target before everything is there.
    Copy {
        /// What is read: `sqlite://<path>` or `postgres://…`.
        #[arg(long, value_name = "URL", env = "COPY_FROM_URL", hide_env_values = true)]
        from: String,
        /// What is filled: a new SQLite file, or a PostgreSQL database without rows, whose migrations are run.
        #[arg(long, value_name = "URL", env = "COPY_TO_URL", hide_env_values = true)]
        to: String,
    },
    /// Makes and mends accounts.
    User {
        #[command(subcommand)]
        action: User,
    },
    /// Looks after uploaded files.
    Files {
        #[command(subcommand)]
        action: Files,
    },
    /// Shows what no surface does any more.
    Audit {
        #[command(subcommand)]
        action: Audit,
    },
}

#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Runs what is pending (`serve` does so by itself).
    Run,
    /// Lists every migration and whether it is applied.
    List,
    /// Reverts the latest, with the data it brought.
    Revert,
}

#[derive(Subcommand)]
pub(crate) enum Files {
    /// Removes bytes that no file names, and, where the settings say when, files that no message shows
    /// (`serve` does so every hour).
    Gc {
        /// Only says what would go.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Shows all that a message ever said, and who deleted it.
    Message {
        /// The message's id.
        id: Uuid,
    },
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// Makes an account; the password is read from standard input.
    Create {
        /// The new name.
        username: String,
        /// The owner's address.
        email: String,
    },
    /// Makes a user an admin of the whole server.
    Promote {
        /// Whom.
        username: String,
    },
    /// Takes that back.
    Demote {
        /// Whom.
        username: String,
    },
    /// Gives a user a new password, read from standard input, and ends all their sessions.
    ResetPassword {
        /// Whose.
        username: String,
    },
}
