//! The arguments of the process: which command takes which settings.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Subcommand, value_parser};

use super::{Cli, Command, ServerCommand};
use crate::settings;

/// The arguments of the process.
pub(crate) struct Given {
    /// The command; without one the program serves.
    pub command: Command,
    /// The settings that are given as flags, by the names of their environment variables.
    pub flags: Vec<(String, String)>,
    /// The file with settings.
    pub file: Option<PathBuf>,
}

impl Cli {
    /// Parses the arguments of this process. Ends it on `--help`, `--version` and invalid arguments.
    pub(crate) fn read() -> Given {
        // Most servers start so, and would keep a megabyte of what describes the arguments that they do not have.
        if std::env::args_os().len() < 2 {
            return Given { command: Command::Server(ServerCommand::Serve), flags: vec![], file: None };
        }
        let mut definition = Self::definition().args(settings::flags());
        for name in with_settings() {
            definition = definition.mut_subcommand(name, |command| {
                let shown: Vec<_> =
                    command.get_arguments().map(|argument| argument.get_id().clone()).collect();
                let others = settings::flags().filter(|flag| !shown.contains(flag.get_id()));
                command.args(others.map(|flag| flag.global(true)))
            });
        }
        let matches = definition.get_matches();
        let cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let command = cli.command.unwrap_or(Command::Server(ServerCommand::Serve));
        let flags = settings::given_flags(|name| last::<String>(&matches, name));
        let file = last::<PathBuf>(&matches, CONFIG);
        let problem = match &command {
            Command::Server(_) => None,
            Command::Dev { .. } => {
                file.is_some().then_some("the settings of `parlor dev` are flags alone: leave --config out")
            }
            _ => (file.is_some() || !flags.is_empty())
                .then_some("this command knows no settings of a server: leave --config and their flags out"),
        };
        if let Some(problem) = problem {
            Self::definition().error(ErrorKind::ArgumentConflict, problem).exit();
        }
        Given { command, flags, file }
    }

    /// Returns the command line as help, completions and the manual show it: without the flags of settings, which are many.
    pub(crate) fn definition() -> clap::Command {
        let mut definition = Self::command().arg(config());
        for name in of_the_server() {
            definition = definition.mut_subcommand(name, |command| {
                let help = command.get_after_help().cloned().unwrap_or_else(|| SETTINGS.into());
                command.arg(config().global(true)).after_help(help)
            });
        }
        let listen = settings::shown_flag("PARLOR_LISTEN").map(|flag| flag.value_name("ADDRESS"));
        definition.mut_subcommand(DEV, |command| command.args(listen))
    }
}

/// The end of the help of commands that read settings.
const SETTINGS: &str =
    "The settings of the server are flags, too, such as --data-dir: `parlor --help` lists them.";
/// The id and the name of `--config`.
const CONFIG: &str = "config";
/// The name of `parlor dev`.
const DEV: &str = "dev";

fn config() -> Arg {
    let help = "TOML file with settings [default: parlor.toml in the current folder, if there is one]";
    Arg::new(CONFIG).long(CONFIG).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
}

/// Returns the names of the commands that read settings from all their sources.
fn of_the_server() -> Vec<String> {
    let commands = ServerCommand::augment_subcommands(clap::Command::new(""));
    commands.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Returns the names of the commands that take settings as flags.
fn with_settings() -> Vec<String> {
    let mut names = of_the_server();
    names.push(DEV.to_owned());
    names
}

/// Returns the value of an argument; where it stands before a command and after it, the one after.
fn last<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Option<T> {
    let deeper = matches.subcommand().and_then(|(_, matches)| last(matches, id));
    deeper.or_else(|| matches.try_get_one::<T>(id).ok().flatten().cloned())
}
