//! Three replicas behind nginx, on one PostgreSQL and one Redis, under load and with faults: `cargo xtask cluster`.
//! Fails where a message that was answered is lost, doubled or out of its place, or a subscriber has not heard all.
#![expect(clippy::print_stdout, reason = "says what it does and what it found")]

mod check;
mod faults;
mod ledger;
mod listeners;
mod nginx;
mod reach;
mod replica;
mod report;
mod rest;
mod senders;
mod socket;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use clap::Parser;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use check::{Finding, Flaw};
use ledger::{Ledger, Listener};
use listeners::Way;
use rest::{Person, Rest};
use senders::Mouth;
use stage::Stage;

const ROOMS: usize = 4;
/// How many people there are; each of them sends by REST and on a WebSocket, and listens on one.
const PEOPLE: usize = 4;
/// How long subscribers may take, after the last answer, to have heard everything.
const CATCH_UP: Duration = Duration::from_mins(1);
/// How often each replica's reach is measured, before the faults and after them.
const ROUNDS: usize = 2;
/// What the start, the reach and the comparison take of the time, about.
const APART: u64 = 12;

#[derive(Parser)]
#[command(name = "cluster", about = "Three replicas behind nginx, under load and with faults")]
struct Cli {
    /// The program.
    parlor: PathBuf,
    /// How long it takes, about.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Everybody who talks and listens, through nginx.
pub(crate) struct Load {
    rest: Rest,
    people: Vec<Person>,
    rooms: Vec<String>,
    listeners: Vec<Arc<Listener>>,
    ledger: Ledger,
    over: AtomicBool,
}

impl Load {
    /// People who are members of all rooms, and those who listen for them.
    async fn prepare(rest: Rest) -> anyhow::Result<Arc<Self>> {
        let (mut people, mut rooms) = (vec![], vec![]);
        for n in 1..=PEOPLE {
            people.push(rest.sign_up(&format!("person-{n}")).await?);
        }
        for n in 1..=ROOMS {
            let room = rest.of(&people[0]).room(&format!("Room {n}")).await?;
            for person in &people[1..] {
                rest.of(person).must(Method::POST, &format!("/api/rooms/{room}/join"), &json!({})).await?;
            }
            rooms.push(room);
        }
        let of_all = |name: String| Arc::new(Listener::new(name, &rooms));
        let sockets = (1..=PEOPLE).map(|n| of_all(format!("websocket {n}")));
        let streams = rooms.iter().zip(1..).map(|(room, n)| {
            Arc::new(Listener::new(format!("event stream {n}"), std::slice::from_ref(room)))
        });
        let socket_io = listeners::SOCKET_IO.iter().map(|(name, ..)| of_all((*name).to_owned()));
        let listeners = sockets.chain(streams).chain(socket_io).collect();
        let (ledger, over) = (Ledger::default(), AtomicBool::new(false));
        Ok(Arc::new(Self { rest, people, rooms, listeners, ledger, over }))
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Whether every subscriber has heard as many messages as were answered, or more.
    fn all_heard(&self) -> bool {
        self.rooms.iter().all(|room| {
            let answered = self.ledger.answers().iter().filter(|answer| answer.room == *room).count();
            self.listeners.iter().all(|listener| listener.count(room).is_none_or(|heard| heard >= answered))
        })
    }
}

/// Lets everybody listen; they end when what is answered is dropped.
fn listen(load: &Arc<Load>) -> JoinSet<()> {
    let mut listening = JoinSet::new();
    let (sockets, rest) = load.listeners.split_at(PEOPLE);
    let (streams, socket_io) = rest.split_at(ROOMS);
    for (listener, person) in sockets.iter().zip(&load.people) {
        listening.spawn(listeners::listen(load.clone(), listener.clone(), person.clone(), Way::Socket));
    }
    for (listener, person) in streams.iter().zip(load.people.iter().cycle()) {
        listening.spawn(listeners::listen(load.clone(), listener.clone(), person.clone(), Way::Stream));
    }
    let somebody = load.people[0].clone();
    listening.spawn(listeners::listen_by_socket_io(load.clone(), socket_io.to_vec(), somebody));
    listening
}

fn send(load: &Arc<Load>) -> JoinSet<anyhow::Result<()>> {
    let mut sending = JoinSet::new();
    for (person, n) in load.people.iter().zip(1..) {
        let by_rest = Mouth::Rest(load.rest.of(person));
        let on_a_socket =
            Mouth::Socket { at: load.rest.clone(), person: person.clone(), open: Box::default() };
        sending.spawn(senders::send(load.clone(), format!("rest-{n}"), by_rest));
        sending.spawn(senders::send(load.clone(), format!("socket-{n}"), on_a_socket));
    }
    sending
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let parlor = std::path::absolute(&cli.parlor)?;
    let mut stage = Stage::start(&parlor).await?;
    let ran = run(&mut stage, cli.seconds).await;
    if ran.is_err() {
        println!("logs are left in {}", stage.keep_logs().display());
    }
    ran
}

async fn run(stage: &mut Stage, seconds: u64) -> anyhow::Result<()> {
    stage.say("three replicas, nginx, PostgreSQL and Redis are up");
    let load = Load::prepare(Rest::at(&stage.nginx.url())).await?;
    let mut listening = listen(&load);
    let mut sending = send(&load);
    stage.say(&format!("{} senders and {} subscribers talk", sending.len(), load.listeners.len()));
    let replicas: Vec<String> = stage.replicas.iter().map(replica::Replica::url).collect();
    let mut reached = reach::measure(&replicas, "before", ROUNDS).await?;
    stage.say("the reach of revocations is measured; faults begin");
    load.ledger.faults_begin();
    let rest = Duration::from_secs(seconds.saturating_sub(APART)).max(Duration::from_secs(9)) / faults::RESTS;
    faults::play(stage, rest).await?;
    reached.extend(reach::measure(&replicas, "after", ROUNDS).await?);
    stage.say("the reach is measured again; senders come to their end");

    load.over.store(true, Ordering::SeqCst);
    let mut findings = vec![];
    while let Some(sender) = sending.join_next().await {
        if let Err(error) = sender? {
            findings.push(Finding(Flaw::Broken, format!("a sender: {error:#}")));
        }
    }
    let begun = Instant::now();
    while !load.all_heard() && begun.elapsed() < CATCH_UP {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // What would come twice has a moment to come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    listening.shutdown().await;
    stage.say("subscribers are gone; what they heard is compared with history");
    findings.extend(report::compare(&load).await?);
    stage.nobody_panicked()?;
    let reached = report::judge(&reached, &mut findings);
    stage.say("done");
    println!("{}", report::tell(&load, &reached, &findings).trim_end());
    let answered = load.ledger.answers().len();
    ensure!(answered > 100, "only {answered} messages were answered: that shows nothing");
    if !findings.is_empty() {
        bail!("{} things are wrong", findings.len());
    }
    Ok(())
}
