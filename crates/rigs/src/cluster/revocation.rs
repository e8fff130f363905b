//! The delay until a new role, a removal or a logout at one replica takes effect at each other one. The replicas are asked
//! themselves, not through nginx.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use parlor_client::{Client, Role, RoomId, Socket, TransportError};
use serde_json::{Value, json};

use crate::users::{User, insist};

/// The delay that the contract grants.
pub(crate) const GRANTED: Duration = Duration::from_secs(1);
/// The delay after which a revocation has failed.
const REVOCATION_TIMEOUT: Duration = Duration::from_secs(20);
/// The time between two requests to a replica that has not noticed yet.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The kinds of revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    RoleChange,
    Removal,
    Logout,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::RoleChange, Self::Removal, Self::Logout];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RoleChange => "role change",
            Self::Removal => "removal",
            Self::Logout => "logout",
        }
    }
}

/// A revocation, and the delay until it took effect at another replica.
pub(crate) struct Delay {
    pub(crate) kind: Kind,
    pub(crate) delay: Duration,
}

/// Measures from each replica to each other, so many times.
pub(crate) async fn measure(replicas: &[String], name: &str, rounds: usize) -> anyhow::Result<Vec<Delay>> {
    let replicas: Vec<Client> = replicas.iter().map(|url| Client::new(url)).collect::<Result<_, _>>()?;
    let owner = User::sign_up(&replicas[0], &format!("{name}-owner")).await?;
    let guest = User::sign_up(&replicas[0], &format!("{name}-guest")).await?;
    let room = owner.create_room(&format!("Revocations {name}")).await?;
    let mut delays = vec![];
    for _ in 0..rounds {
        for at in 0..replicas.len() {
            let others = replicas.iter().enumerate().filter(|(other, _)| *other != at);
            let others: Vec<&Client> = others.map(|(_, replica)| replica).collect();
            delays.extend(measure_from(&replicas[at], &others, &owner, &guest, room).await?);
        }
    }
    Ok(delays)
}

/// A guest's client and socket at another replica.
struct Observer {
    client: Client,
    socket: Socket,
    room: RoomId,
}

async fn measure_from(
    here: &Client,
    others: &[&Client],
    owner: &User,
    guest: &User,
    room: RoomId,
) -> anyhow::Result<Vec<Delay>> {
    let guest = guest.log_in_at(here).await?;
    let owned = owner.at(here).room(room);
    guest.join(room).await?;
    let mut observers = vec![];
    for other in others {
        let client = guest.at(other);
        let mut socket = Socket::open(&client).await?;
        socket.send(&json!({"action": "join", "roomId": room, "since": 0})).await?;
        until(&mut socket, "caught-up").await?;
        observers.push(Observer { client, socket, room });
    }
    let mut delays = vec![];
    for kind in Kind::ALL {
        for observer in &observers {
            // A replica caches what it has just read for a while; that must be invalidated, too.
            observer.request().await?;
        }
        match kind {
            Kind::RoleChange => {
                insist(|| owned.set_role(guest.id, Role::Admin)).await?;
            }
            Kind::Removal => insist(|| owned.remove_member(guest.id)).await?,
            Kind::Logout => insist(|| guest.client.log_out()).await?,
        }
        let answered = Instant::now();
        let noticing = observers.iter_mut().map(|observer| observer.notice(kind, answered));
        for delay in futures_util::future::join_all(noticing).await {
            delays.push(Delay { kind, delay: delay? });
        }
    }
    Ok(delays)
}

/// Skips frames up to one of that action.
async fn until(socket: &mut Socket, action: &str) -> Result<Value, TransportError> {
    loop {
        let frame = socket.next().await?;
        if frame["action"] == action {
            return Ok(frame);
        }
    }
}

impl Observer {
    /// Waits until the socket has received the revocation and requests are answered accordingly; returns the time since the
    /// answer to it.
    async fn notice(&mut self, kind: Kind, answered: Instant) -> anyhow::Result<Duration> {
        let noticed = async {
            match kind {
                Kind::RoleChange => drop(until(&mut self.socket, "role-changed").await?),
                Kind::Removal => drop(until(&mut self.socket, "member-removed").await?),
                Kind::Logout => match until(&mut self.socket, "nothing").await {
                    Err(TransportError::Closed(code)) => {
                        ensure!(code == Some(1008), "the socket of an ended session: {code:?}");
                    }
                    other => bail!("the socket of an ended session: {other:?}"),
                },
            }
            while !self.sees(kind).await? {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            anyhow::Ok(answered.elapsed())
        };
        let noticed = tokio::time::timeout(REVOCATION_TIMEOUT, noticed).await;
        let name = kind.name();
        noticed.with_context(|| {
            format!("a {name} has no effect at another replica after {REVOCATION_TIMEOUT:?}")
        })?
    }

    /// Returns true where requests are answered as they must be after that.
    async fn sees(&self, kind: Kind) -> anyhow::Result<bool> {
        let (room, status) = self.request().await?;
        Ok(match kind {
            Kind::RoleChange => room["data"]["membership"]["role"] == "admin",
            Kind::Removal => status == 403,
            Kind::Logout => status == 401,
        })
    }

    /// Requests the room and its history; returns the body of the first answer and the status of the second.
    async fn request(&self) -> anyhow::Result<(Value, u16)> {
        let room = self.client.request(parlor_client::Method::GET, &format!("/api/rooms/{}", self.room));
        let path = format!("/api/rooms/{}/messages?limit=1", self.room);
        let history = self.client.request(parlor_client::Method::GET, &path);
        Ok((room.send().await?.body, history.send().await?.status))
    }
}
