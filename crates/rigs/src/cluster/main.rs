//! Three replicas behind nginx, on one PostgreSQL and one Redis, under load and with faults: `cargo xtask cluster`.
//! Fails where an answered message is lost, doubled or misplaced, or a subscriber has not received everything.
#![expect(clippy::print_stdout, reason = "prints what it does and what it found")]

mod check;
mod environment;
mod faults;
mod ledger;
mod nginx;
mod receivers;
mod replica;
mod report;
mod revocation;
mod senders;
mod subscribers;
mod users;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use clap::Parser;
use parlor_client::{Client, RoomId};
use tokio::task::JoinSet;

use check::{Fault, Finding};
use environment::Environment;
use ledger::{Ledger, Receiver};
use receivers::Transport;
use senders::Sender;
use users::User;

/// The number of rooms, and that of those among them which receivers join one by one. Of the others only subscriptions to all rooms
/// of a user receive events.
const ROOMS: usize = 6;
const JOINED: usize = 4;
/// The number of users; each of them sends by REST and on a WebSocket, and receives on one.
const USERS: usize = 4;
/// The time in which subscribers must have received everything after the last answer.
const CATCH_UP_TIMEOUT: Duration = Duration::from_mins(1);
/// The number of times that revocations are measured from each replica, before the faults and after them.
const ROUNDS: usize = 2;
/// The seconds that the start, the revocations and the comparison take, about.
const OVERHEAD: u64 = 12;

#[derive(Parser)]
#[command(name = "cluster", about = "Three replicas behind nginx, under load and with faults")]
struct Cli {
    /// The program.
    parlor: PathBuf,
    /// The approximate duration in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// The users, rooms and receivers of a run, all of them behind nginx.
pub(crate) struct Load {
    server: Client,
    users: Vec<User>,
    rooms: Vec<RoomId>,
    receivers: Vec<Arc<Receiver>>,
    ledger: Ledger,
    over: AtomicBool,
}

impl Load {
    /// Makes users who are members of all rooms, and the records of their receivers.
    async fn prepare(server: Client) -> anyhow::Result<Arc<Self>> {
        let (mut users, mut rooms) = (vec![], vec![]);
        for n in 1..=USERS {
            users.push(User::sign_up(&server, &format!("user-{n}")).await?);
        }
        for n in 1..=ROOMS {
            let room = users[0].create_room(&format!("Room {n}")).await?;
            for user in &users[1..] {
                user.join(room).await?;
            }
            rooms.push(room);
        }
        let receiver = |name: String, rooms: &[RoomId]| Arc::new(Receiver::new(name, rooms));
        let joined = &rooms[..JOINED];
        let sockets = (1..=USERS).map(|n| receiver(format!("websocket {n}"), joined));
        let streams = joined.iter().zip(1..).map(|(room, n)| receiver(format!("event stream {n}"), &[*room]));
        let socket_io = receivers::SOCKET_IO.iter().map(|(name, ..)| receiver((*name).to_owned(), joined));
        let all_rooms = subscribers::ALL_ROOMS.iter().map(|each| receiver(each.name.to_owned(), &rooms));
        let receivers = sockets.chain(streams).chain(all_rooms).chain(socket_io).collect();
        let (ledger, over) = (Ledger::default(), AtomicBool::new(false));
        Ok(Arc::new(Self { server, users, rooms, receivers, ledger, over }))
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Returns true once every receiver has at least as many messages as were answered.
    fn all_received(&self) -> bool {
        self.rooms.iter().all(|room| {
            let answered = self.ledger.answers().iter().filter(|answer| answer.room == *room).count();
            self.receivers
                .iter()
                .all(|receiver| receiver.count(*room).is_none_or(|received| received >= answered))
        })
    }
}

/// Starts every receiver; they end when the result is dropped.
fn receive(load: &Arc<Load>) -> JoinSet<()> {
    let mut receiving = JoinSet::new();
    let (sockets, others) = load.receivers.split_at(USERS);
    let (streams, others) = others.split_at(JOINED);
    let (all_rooms, socket_io) = others.split_at(subscribers::ALL_ROOMS.len());
    for (receiver, subscription) in all_rooms.iter().zip(subscribers::ALL_ROOMS) {
        let user = load.users[subscription.user].clone();
        receiving.spawn(subscribers::receive(load.clone(), receiver.clone(), user, subscription));
    }
    for (receiver, user) in sockets.iter().zip(&load.users) {
        receiving.spawn(receivers::receive(
            load.clone(),
            receiver.clone(),
            user.clone(),
            Transport::WebSocket,
        ));
    }
    for (receiver, user) in streams.iter().zip(load.users.iter().cycle()) {
        receiving.spawn(receivers::receive(load.clone(), receiver.clone(), user.clone(), Transport::Sse));
    }
    let user = load.users[0].clone();
    receiving.spawn(receivers::receive_by_socket_io(load.clone(), socket_io.to_vec(), user));
    receiving
}

fn send(load: &Arc<Load>) -> JoinSet<anyhow::Result<()>> {
    let mut sending = JoinSet::new();
    for (user, n) in load.users.iter().zip(1..) {
        let by_rest = Sender::Rest(user.client.clone());
        let on_a_socket = Sender::WebSocket { client: user.client.clone(), open: Box::default() };
        sending.spawn(senders::send(load.clone(), format!("rest-{n}"), by_rest));
        sending.spawn(senders::send(load.clone(), format!("socket-{n}"), on_a_socket));
    }
    sending
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let parlor = std::path::absolute(&cli.parlor)?;
    let mut environment = Environment::start(&parlor).await?;
    let ran = run(&mut environment, cli.seconds).await;
    if ran.is_err() {
        println!("logs are left in {}", environment.keep_logs().display());
    }
    ran
}

async fn run(environment: &mut Environment, seconds: u64) -> anyhow::Result<()> {
    environment.log("three replicas, nginx, PostgreSQL and Redis are up");
    let load = Load::prepare(Client::new(&environment.nginx.url())?).await?;
    let mut receiving = receive(&load);
    let mut sending = send(&load);
    environment.log(&format!(
        "{} senders and {} subscribers are running",
        sending.len(),
        load.receivers.len()
    ));
    let replicas: Vec<String> = environment.replicas.iter().map(replica::Replica::url).collect();
    let mut delays = revocation::measure(&replicas, "before", ROUNDS).await?;
    environment.log("the delay of revocations is measured; faults begin");
    load.ledger.faults_begin();
    let rest =
        Duration::from_secs(seconds.saturating_sub(OVERHEAD)).max(Duration::from_secs(9)) / faults::RESTS;
    faults::inject(environment, rest).await?;
    delays.extend(revocation::measure(&replicas, "after", ROUNDS).await?);
    environment.log("the delay of revocations is measured again; senders come to their end");

    load.over.store(true, Ordering::SeqCst);
    let mut findings = vec![];
    while let Some(sender) = sending.join_next().await {
        if let Err(error) = sender? {
            findings.push(Finding(Fault::Violation, format!("a sender: {error:#}")));
        }
    }
    let begun = Instant::now();
    while !load.all_received() && begun.elapsed() < CATCH_UP_TIMEOUT {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A message that would come twice has a moment to come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    receiving.shutdown().await;
    environment.log("subscribers are gone; what they received is compared with the history");
    findings.extend(report::compare(&load).await?);
    environment.check_for_panics()?;
    let revocations = report::judge(&delays, &mut findings);
    environment.log("done");
    println!("{}", report::summary(&load, &revocations, &findings).trim_end());
    let answered = load.ledger.answers().len();
    ensure!(answered > 100, "only {answered} messages were answered: too few to prove anything");
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    Ok(())
}
