//! `parlor audit`: the audit log, and the former contents of messages.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use std::fmt::Write;
use std::time::Duration;

use anyhow::{anyhow, bail};
use domain::account::{AccountReader, Username};
use domain::audit::{AuditAnchor, AuditEvent, AuditKind, AuditQuery, AuditReader};
use domain::invitation::Invitee;
use domain::{MessageId, RoomId, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::backend::Backend;
use crate::cli::{Audit, AuditFilter};
use crate::settings::{self, Settings};
use crate::wiring;

/// Runs the command.
pub(crate) async fn run(settings: &Settings, action: Audit) -> anyhow::Result<()> {
    let store = Backend::open_existing(settings).await?;
    match action {
        Audit::Message { id } => message(&store, id).await,
        Audit::List(filter) => {
            // A database of an earlier version has no log yet.
            store.migrate().await?;
            list(&store, filter).await
        }
    }
}

async fn list(store: &Backend, filter: AuditFilter) -> anyhow::Result<()> {
    let AuditFilter { room, user, event, since, limit, json } = filter;
    let ports = store.ports();
    let user = match user {
        None => None,
        Some(name) => {
            let name = Username::parse(&name).map_err(|error| anyhow!("the username {error}"))?;
            let known = AccountReader::find(&*ports, Invitee::Name(name.clone())).await?;
            Some(known.ok_or_else(|| anyhow!("there is no user {name}"))?.id)
        }
    };
    let kind: Option<AuditKind> = event
        .map(|name| name.parse().map_err(|error: domain::Invalid| anyhow!("the event {}", error.0)))
        .transpose()?;
    let since = since.map(|text| moment(&text, wiring::clock().now())).transpose()?;
    let query = AuditQuery { room: room.map(RoomId), user, kind, since, anchor: AuditAnchor::Newest, limit };
    let mut events = AuditReader::events(&*ports, query).await?.events;
    events.reverse();
    if json {
        println!("{:#}", events.iter().map(api_actix::audit_event).collect::<serde_json::Value>());
    } else {
        for event in &events {
            println!("{}", line(event));
        }
    }
    Ok(())
}

/// Returns the time that a text names: itself, or how long ago it was.
fn moment(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return Timestamp::new(at).ok_or_else(|| anyhow!("the time {text} is out of range"));
    }
    let ago: Option<Duration> = settings::duration(text).ok();
    let ago = ago.and_then(|ago| time::Duration::try_from(ago).ok());
    let ago =
        ago.ok_or_else(|| anyhow!("--since must be a time such as 2026-01-31T12:00:00Z, or such as 7d"))?;
    Ok(now.plus(-ago))
}

fn line(event: &AuditEvent) -> String {
    let mut line = format!("{} {}", live::time(event.created_at), event.kind.name());
    let mut add = |word: &str, value: Option<String>| {
        if let Some(value) = value {
            let _never_fails = write!(line, " {word} {value}");
        }
    };
    add("by", event.actor.as_ref().map(|actor| actor.username.to_string()));
    add("to", event.target.as_ref().map(|target| target.username.to_string()));
    add("message", event.message.map(|message| message.to_string()));
    add("in room", event.room.map(|room| room.to_string()));
    add("from", event.address.map(|address| address.to_string()));
    let details = api_actix::audit_event(event)["details"].take();
    add("with", (!details.is_null()).then(|| details.to_string()));
    line
}

async fn message(store: &Backend, message: Uuid) -> anyhow::Result<()> {
    let Some(audit) = AuditReader::message(&*store.ports(), MessageId(message)).await? else {
        bail!("there is no message {message}");
    };
    println!("message {message} in room {} by {}", audit.message.room, audit.message.sender.username);
    for former in &audit.former {
        let content = former.content.as_ref().map_or("(no text)", |content| content.as_str());
        println!("until {}, changed by {}: {content}", live::time(former.until), former.changed_by.username);
    }
    match (&audit.deleted_by, audit.message.body().and_then(|body| body.content())) {
        (Some(by), _) => println!("deleted by {}", by.username),
        (None, Some(content)) => println!("now: {content}"),
        (None, None) => println!("now: (no text)"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_time_or_how_long_ago_it_was() {
        let at = |micros| Timestamp::from_unix_micros(micros).unwrap();
        let now = at(10_000_000);
        assert_eq!(moment("1970-01-01T01:00:02+01:00", now).unwrap(), at(2_000_000));
        assert_eq!(moment("4s", now).unwrap(), at(6_000_000));
        for bad in ["", "yesterday", "4", "2026-13-01T00:00:00Z"] {
            let error = moment(bad, now).unwrap_err().to_string();
            assert!(error.starts_with("--since must be"), "{error}");
        }
    }
}
