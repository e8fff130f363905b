//! The decision about a batch of sends, which is made under the locks of its rooms.
#![expect(clippy::unwrap_used, reason = "a failed setup ends the measurement")]

use std::collections::HashMap;

use criterion::{BatchSize, Criterion};
use domain::account::{UserRef, Username};
use domain::membership::{Role, Standing};
use domain::message::{Batch, Body, ClientKey, Content, NewMessage, RoomTail, Sender, SentExtras};
use domain::room::{Revision, RoomLog, Seq, Visibility};
use domain::{MessageId, RoomId, SessionId, Timestamp, UserId};
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const SENDS: u128 = 64;

fn batch() -> Batch {
    let log = RoomLog { last_seq: Seq(7), revision: Revision(9), last_message_at: Some(Timestamp::EPOCH) };
    let senders = (0..SENDS).map(|n| {
        let user = UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("jane_doe").unwrap() };
        let sender = Sender { user, standing: Standing::Member(Role::Member), signed_in: true };
        ((ROOM, SessionId(Uuid::from_u128(n))), sender)
    });
    Batch {
        rooms: HashMap::from([(ROOM, RoomTail { visibility: Visibility::Public, direct: false, log })]),
        senders: senders.collect(),
        ..Batch::default()
    }
}

fn send(n: u128) -> NewMessage {
    NewMessage {
        id: MessageId(Uuid::from_u128(n)),
        room: ROOM,
        sender: UserId(Uuid::from_u128(n)),
        session: SessionId(Uuid::from_u128(n)),
        body: Body::Text(Content::parse("Hello, everyone in the room!").unwrap()),
        extras: SentExtras::default(),
        client_key: Some(ClientKey::parse(&format!("key-{n}")).unwrap()),
        at: Timestamp::EPOCH,
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("decide about 64 keyed sends to one room", |bencher| {
        bencher.iter_batched(
            || (batch(), (0..SENDS).map(send).collect::<Vec<_>>()),
            |(mut batch, sends)| sends.into_iter().map(|new| batch.admit(new)).collect::<Vec<_>>(),
            BatchSize::SmallInput,
        );
    });
    criterion.final_summary();
}
