//! Parlor beside what it is measured by: PostgreSQL alone, the baseline on Express, a bare loop of `write`. All of them work
//! on the same machine in the same run: `cargo xtask bench`.
#![expect(clippy::print_stdout, reason = "prints what it measures")]

mod bare;
mod cores;
mod fan_out;
mod frames;
mod http;
mod memory;
mod pgbench;
mod plot;
mod process;
mod results;
mod rows;
mod sample;
mod subject;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::{Args, Parser};
use test_support::{Durability, Postgres};

use results::{Origin, Results};
use rows::{ROWS, Row, Work};
use sample::Sample;
use subject::{Name, Process, Subject};
use world::{Size, World};

#[derive(Parser)]
#[command(name = "bench", about = "Measures Parlor beside PostgreSQL alone and a baseline")]
enum Bench {
    /// Measures every row.
    Run(Run),
    /// Runs a server that does nothing but write each message to each receiver, one write(2) for each.
    Bare { receivers: usize },
}

#[derive(Args)]
struct Run {
    /// The program.
    parlor: PathBuf,
    /// The folder of the baseline, with its packages installed.
    baseline: PathBuf,
    /// The folder that the results are written to.
    out: PathBuf,
    /// Measures this row alone; may be given several times.
    #[arg(long)]
    only: Vec<String>,
    /// Measures one short round on less data.
    #[arg(long)]
    quick: bool,
}

/// The sizes of a run.
struct Scale {
    rounds: usize,
    time: Duration,
    world: Size,
    fan_out: fan_out::Size,
    idle_sockets: usize,
}

impl Scale {
    fn of(quick: bool) -> Self {
        if quick {
            return Self {
                rounds: 1,
                time: Duration::from_secs(1),
                world: Size { rooms: 2_000, members: 100 },
                fan_out: fan_out::Size { receivers: 200, messages: 100 },
                idle_sockets: 200,
            };
        }
        Self {
            rounds: 3,
            time: Duration::from_secs(3),
            world: Size { rooms: 10_000, members: 500 },
            fan_out: fan_out::Size { receivers: 1_000, messages: 300 },
            idle_sockets: 4_000,
        }
    }
}

/// The subjects, all of which run, and what they work on.
struct Stage {
    /// Ended before the database.
    servers: Vec<(Subject, Arc<World>)>,
    postgres: Postgres,
    /// The database of the baseline.
    database: String,
    statements: PathBuf,
}

impl Stage {
    async fn prepare(
        run: &Run,
        scale: &Scale,
        scratch: &Path,
        results: &mut Results,
    ) -> anyhow::Result<Self> {
        println!("bench: starting a PostgreSQL that commits to the disk");
        let postgres = cores::for_server(|| Postgres::start(Durability::Full))?;
        let parlor = std::path::absolute(&run.parlor)?;
        let database = World::fill_baseline(&run.baseline, &postgres, scale.world, scratch)?;
        let express = Subject::express(&run.baseline, &postgres, &database)?;
        memory::note_idle(&express, &mut results.memories).await?;
        let world = World::of_baseline(express.address()?).await?;
        let mut servers = vec![(express, Arc::new(world))];
        for store in [Some(&postgres), None] {
            let folder = scratch.join(if store.is_some() { "on-postgres" } else { "on-sqlite" });
            std::fs::create_dir(&folder)?;
            let subject = Subject::parlor(&parlor, &folder, store)?;
            memory::note_idle(&subject, &mut results.memories).await?;
            let begun = Instant::now();
            let world = World::of_parlor(subject.address()?, scale.world).await?;
            println!("bench: filled {} in {:.0?}", subject.name.title(), begun.elapsed());
            servers.push((subject, Arc::new(world)));
        }
        Ok(Self { servers, postgres, database, statements: run.baseline.join("statements") })
    }

    /// Measures a row with a subject; `None` where it has nothing to do there.
    async fn measure(&self, row: &Row, name: Name, scale: &Scale) -> anyhow::Result<Option<Sample>> {
        let server = self.servers.iter().find(|(subject, _)| subject.name == name);
        Ok(match (&row.work, server) {
            (Work::Http { clients, calls, .. }, Some((subject, world))) => {
                Some(http::measure(subject, world, *clients, *calls, scale.time).await?)
            }
            (Work::Http { clients, alone: Some(alone), .. }, None) => {
                let seconds = scale.time.as_secs();
                let database = (&self.postgres, self.database.as_str());
                Some(pgbench::run(database, &self.statements, alone, *clients, seconds)?)
            }
            (Work::Http { .. }, None) => None,
            // The baseline has no WebSocket of its own.
            (Work::FanOut(fan_out::Protocol::WebSocket), Some((subject, _))) if !subject.name.is_parlor() => {
                None
            }
            (Work::FanOut(protocol), Some((subject, world))) => {
                Some(fan_out::measure(subject, Some(&**world), *protocol, scale.fan_out).await?)
            }
            (Work::FanOut(protocol), None) => {
                let program = std::env::current_exe()?;
                let receivers = scale.fan_out.receivers.to_string();
                let bare = Process::start(Command::new(program).args(["bare", &receivers]))?;
                let bare = Subject { name, server: Some(bare), database: None };
                Some(fan_out::measure(&bare, None, *protocol, scale.fan_out).await?)
            }
        })
    }
}

fn main() -> anyhow::Result<()> {
    match Bench::parse() {
        Bench::Run(run) => {
            // Before the runtime starts its threads.
            cores::leave_one_to_servers()?;
            tokio::runtime::Runtime::new()?.block_on(measure(&run))
        }
        Bench::Bare { receivers } => bare::serve(receivers),
    }
}

async fn measure(run: &Run) -> anyhow::Result<()> {
    let rows: Vec<&Row> =
        ROWS.iter().filter(|row| run.only.is_empty() || run.only.iter().any(|id| id == row.id)).collect();
    let known = || ROWS.iter().map(|row| row.id).collect::<Vec<_>>().join(", ");
    ensure!(!rows.is_empty() && rows.len() >= run.only.len(), "the rows are {}", known());
    let begun = Instant::now();
    let scale = Scale::of(run.quick);
    let mut results = Results::new(Origin::find(scale.rounds));
    let scratch = tempfile::tempdir()?;
    let stage = Stage::prepare(run, &scale, scratch.path(), &mut results).await?;
    for round in 1..=scale.rounds {
        for row in &rows {
            for name in Name::ALL {
                let measured = stage.measure(row, name, &scale).await;
                let measured = measured.with_context(|| format!("{}, {}", row.id, name.title()))?;
                let Some(sample) = measured else { continue };
                println!(
                    "{:4.0?} round {round} of {}: {}, {}: {:.1} µs, {:.0} a second",
                    begun.elapsed(),
                    scale.rounds,
                    row.id,
                    name.title(),
                    sample.total(),
                    sample.rate
                );
                results.add(row, name, sample);
            }
            if row.id == "send-64" {
                for (subject, _) in &stage.servers {
                    memory::note_loaded(subject, &mut results.memories)?;
                }
            }
        }
    }
    for (subject, world) in &stage.servers {
        println!("{:4.0?} idle sockets, {}", begun.elapsed(), subject.name.title());
        memory::note_sockets(subject, world, scale.idle_sockets, &mut results.memories).await?;
    }
    results.write(&run.out)?;
    println!("\n{}\nbench: results and plots are in {}", results.markdown(), run.out.display());
    Ok(())
}
