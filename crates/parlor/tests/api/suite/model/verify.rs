//! Reading what there is, and finding it as the model has it.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Fixture, visibility};

impl Fixture {
    /// Reads something, and marks as read.
    pub(super) async fn verify(&mut self, who: usize, place: usize) {
        match self.dice.below(7) {
            0 => self.verify_list(who).await,
            1 => self.verify_room(who, place).await,
            2 => self.verify_members(who, place).await,
            3 => {
                let since = self.dice.below(usize::try_from(self.rooms[place].revision).unwrap() + 2);
                self.verify_changes(who, place, i64::try_from(since).unwrap()).await;
            }
            4 | 5 => {
                let (limit, mark) = ([1, 7, 100][self.dice.below(3)], self.dice.toss());
                self.verify_history(who, place, limit, mark).await;
            }
            _ => {
                let beyond = self.rooms[place].messages.len() + 3;
                let seq = i64::try_from(self.dice.below(beyond)).unwrap();
                let path = format!("{}/read", self.rooms[place].path);
                let answer = self.call(who, Method::POST, &path, json!({"seq": seq})).await;
                let expected = self.rooms[place].mark_read(who, seq);
                self.agree(answer, expected);
            }
        }
    }

    /// Everything, as each sees it.
    pub(super) async fn verify_everything(&mut self) {
        for who in 0..self.users.len() {
            self.verify_list(who).await;
            self.verify_invitations(who).await;
            for place in 0..self.rooms.len() {
                self.verify_room(who, place).await;
                self.verify_members(who, place).await;
                self.verify_changes(who, place, 0).await;
                self.verify_history(who, place, 100, false).await;
            }
        }
    }

    async fn verify_list(&mut self, who: usize) {
        let answer = self.call(who, Method::GET, "/api/rooms?limit=100&order=asc", Value::Null).await;
        let list = self.agree(answer, Ok(200));
        let found: Vec<_> = list.as_array().unwrap().iter().map(summary).collect();
        let listed = self.rooms.iter().filter(|room| room.listed_for(who));
        let expected: Vec<_> = listed
            .map(|room| {
                let id = room.path.rsplit('/').next().unwrap();
                let (kind, count) = (visibility(room.private), room.members.len());
                json!([id, room.name, kind, count, room.revision, room.members.contains_key(&who)])
            })
            .collect();
        assert_eq!(found, expected, "{}", self.place);
    }

    async fn verify_room(&mut self, who: usize, place: usize) {
        let path = self.rooms[place].path.clone();
        let answer = self.call(who, Method::GET, &path, Value::Null).await;
        let room = &self.rooms[place];
        let found = self.agree(answer, room.seen_by(who));
        if room.seen_by(who).is_err() {
            return;
        }
        assert_eq!(
            (&found["revision"], &found["memberCount"], &found["name"]),
            (&json!(room.revision), &json!(room.members.len()), &json!(room.name)),
            "{}",
            self.place
        );
        let mut mine = found["membership"].clone();
        let expected = room.members.get(&who).map_or(Value::Null, |member| {
            mine.as_object_mut().unwrap().remove("joinedAt");
            let unread = room.unread(who);
            // No content of the model has an `@`.
            json!({"role": role(member.admin), "lastReadSeq": member.read, "unreadCount": unread, "mentionCount": 0})
        });
        assert_eq!(mine, expected, "{}", self.place);
    }

    async fn verify_members(&mut self, who: usize, place: usize) {
        let path = format!("{}/members?limit=100", self.rooms[place].path);
        let answer = self.call(who, Method::GET, &path, Value::Null).await;
        let room = &self.rooms[place];
        // Those of a public room are for anybody to see.
        let expected = if room.private { room.read_by(who) } else { room.seen_by(who) };
        let found = self.agree(answer, expected);
        if expected.is_err() {
            return;
        }
        let found: BTreeMap<_, _> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|member| {
                let name = member["user"]["username"].as_str().unwrap().to_owned();
                (name, (member["role"].clone(), member["lastReadSeq"].clone()))
            })
            .collect();
        let expected = room
            .members
            .iter()
            .map(|(user, member)| (format!("user{user}"), (json!(role(member.admin)), json!(member.read))));
        assert_eq!(found, expected.collect(), "{}", self.place);
    }

    async fn verify_invitations(&mut self, who: usize) {
        let answer = self.call(who, Method::GET, "/api/invitations?limit=100", Value::Null).await;
        let found = self.agree(answer, Ok(200));
        let mut found: Vec<_> =
            found.as_array().unwrap().iter().map(|open| open["roomName"].as_str().unwrap()).collect();
        let open = self.rooms.iter().filter(|room| !room.deleted && room.invited.contains(&who));
        let mut expected: Vec<_> = open.map(|room| room.name.as_str()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{}", self.place);
    }

    /// The newest messages, oldest first.
    async fn verify_history(&mut self, who: usize, place: usize, limit: usize, mark: bool) {
        let path = format!("{}/messages?order=asc&limit={limit}&markRead={mark}", self.rooms[place].path);
        let answer = self.call(who, Method::GET, &path, Value::Null).await;
        let expected = self.rooms[place].read_by(who);
        let found = self.agree(answer, expected);
        if expected.is_err() {
            return;
        }
        if mark {
            let newest = self.rooms[place].newest();
            self.rooms[place].mark_read(who, newest).unwrap();
        }
        let room = &self.rooms[place];
        let messages = room.messages.iter().enumerate();
        let shown = messages.skip(room.messages.len().saturating_sub(limit)).map(|(index, message)| {
            let sender = &self.users[message.sender].id;
            json!([message.id, index + 1, message.revision, sender, message.content])
        });
        let found: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|message| {
                assert_eq!(message["content"].is_null(), message["deletedAt"].is_string());
                let sender = &message["sender"]["id"];
                json!([message["id"], message["seq"], message["revision"], sender, message["content"]])
            })
            .collect();
        assert_eq!(found, shown.collect::<Vec<_>>(), "{}", self.place);
    }

    async fn verify_changes(&mut self, who: usize, place: usize, since: i64) {
        let path = format!("{}/changes?limit=100&since={since}", self.rooms[place].path);
        let answer = self.call(who, Method::GET, &path, Value::Null).await;
        let room = &self.rooms[place];
        let found = self.agree(answer, room.read_by(who));
        if room.read_by(who).is_err() {
            return;
        }
        let user = |id: &str| {
            let number = self.users.iter().position(|user| user.id == id).unwrap();
            number.to_string()
        };
        let found: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|change| {
                let about = change["id"].as_str().map(str::to_owned);
                let about = about.or_else(|| change["userId"].as_str().map(user));
                (change["revision"].as_i64().unwrap(), change["action"].as_str().unwrap(), about)
            })
            .collect();
        let mut expected = room.changes(since);
        expected.truncate(100);
        assert_eq!(found, expected, "{}", self.place);
    }
}

fn role(admin: bool) -> &'static str {
    if admin { "admin" } else { "member" }
}

/// Returns the fields of a room that a list shows.
fn summary(room: &Value) -> Value {
    let mine = !room["membership"].is_null();
    json!([room["id"], room["name"], room["visibility"], room["memberCount"], room["revision"], mine])
}
