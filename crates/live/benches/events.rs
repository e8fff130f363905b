//! The encoding of a new message's event: JSON once for all subscribers, and an event stream's form of it.
#![expect(clippy::unwrap_used, reason = "a failed setup ends the measurement")]

use criterion::{BatchSize, Criterion};
use domain::account::{UserRef, Username};
use domain::event::{Change, ChangeKind};
use domain::membership::{Role, Standing};
use domain::message::{AppendDecision, Batch, Body, Content, NewMessage, RoomTail, Sender, SentExtras};
use domain::room::{RoomLog, Visibility};
use domain::{MessageId, RoomId, SessionId, Timestamp, UserId};
use live::{EncodedEvent, LiveEvent};
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const SENDER: UserId = UserId(Uuid::from_u128(2));
const SESSION: SessionId = SessionId(Uuid::from_u128(3));

/// Returns the event of the first message of a room.
fn sent() -> Change {
    let user = UserRef { id: SENDER, username: Username::parse("jane_doe").unwrap() };
    let sender = Sender { user, standing: Standing::Member(Role::Member), signed_in: true };
    let mut batch = Batch::default();
    batch
        .rooms
        .insert(ROOM, RoomTail { visibility: Visibility::Public, direct: false, log: RoomLog::default() });
    batch.senders.insert((ROOM, SESSION), sender);
    let decision = batch.admit(NewMessage {
        id: MessageId(Uuid::from_u128(4)),
        room: ROOM,
        sender: SENDER,
        session: SESSION,
        body: Body::Text(Content::parse("Hello, everyone in the room!").unwrap()),
        extras: SentExtras::default(),
        client_key: None,
        at: Timestamp::EPOCH,
    });
    let AppendDecision::Store(message, _) = decision else { unreachable!("the message is new") };
    Change { room: ROOM, revision: message.revision, kind: ChangeKind::Sent(message) }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let change = sent();
    let event = || EncodedEvent::new(LiveEvent::Changed(change.clone()));
    criterion.bench_function("encode a new message as JSON", |bencher| {
        bencher.iter_batched(event, |event| event.json(), BatchSize::SmallInput);
    });
    criterion.bench_function("encode a new message for an event stream", |bencher| {
        bencher.iter_batched(event, |event| event.sse(), BatchSize::SmallInput);
    });
    let encoded = event();
    criterion
        .bench_function("share the JSON with one more subscriber", |bencher| bencher.iter(|| encoded.json()));
    criterion.final_summary();
}
