//! The rules of rooms, members and messages, written down a second time and as plainly as can be.

use std::collections::{BTreeMap, BTreeSet};

/// A status, or the code of an error.
pub(super) type Expected = Result<u16, &'static str>;

pub(super) struct Member {
    pub(super) admin: bool,
    pub(super) read: i64,
    revision: i64,
    joined: i64,
}

pub(super) struct Message {
    pub(super) id: String,
    pub(super) sender: usize,
    /// None of one that is deleted.
    pub(super) content: Option<String>,
    first_sent: String,
    key: Option<String>,
    pub(super) revision: i64,
    sent: i64,
}

/// A room; users are known by their numbers.
pub(super) struct Room {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) private: bool,
    pub(super) deleted: bool,
    pub(super) revision: i64,
    changed: i64,
    pub(super) members: BTreeMap<usize, Member>,
    /// Former members, and at which revision they went.
    gone: BTreeMap<usize, i64>,
    pub(super) invited: BTreeSet<usize>,
    pub(super) messages: Vec<Message>,
}

/// A change: its name, its revision, and its subject.
pub(super) type Change = (i64, &'static str, Option<String>);

impl Room {
    pub(super) fn new(path: String, name: String, private: bool, creator: usize) -> Self {
        let first = Member { admin: true, read: 0, revision: 1, joined: 1 };
        Self {
            path,
            name,
            private,
            deleted: false,
            revision: 1,
            changed: 0,
            members: BTreeMap::from([(creator, first)]),
            gone: BTreeMap::new(),
            invited: BTreeSet::new(),
            messages: vec![],
        }
    }

    fn next(&mut self) -> i64 {
        self.revision += 1;
        self.revision
    }

    pub(super) fn newest(&self) -> i64 {
        i64::try_from(self.messages.len()).unwrap()
    }

    /// Returns true where the room is visible to that user.
    pub(super) fn seen_by(&self, who: usize) -> Expected {
        let open = !self.private || self.members.contains_key(&who) || self.invited.contains(&who);
        if open && !self.deleted { Ok(200) } else { Err("ROOM_NOT_FOUND") }
    }

    /// Listed are the public ones and one's own; an invitation has a list of its own.
    pub(super) fn listed_for(&self, who: usize) -> bool {
        !self.deleted && (!self.private || self.members.contains_key(&who))
    }

    pub(super) fn read_by(&self, who: usize) -> Expected {
        self.seen_by(who)?;
        self.members.get(&who).map(|_| 200).ok_or("NOT_A_MEMBER")
    }

    pub(super) fn an_admin(&self) -> Option<usize> {
        self.members.iter().find(|(_, member)| member.admin).map(|(&user, _)| user)
    }

    fn admin(&self, who: usize) -> Result<(), &'static str> {
        if self.members[&who].admin { Ok(()) } else { Err("ADMIN_REQUIRED") }
    }

    fn keeps_an_admin_without(&self, who: usize) -> Result<(), &'static str> {
        let other = self.members.iter().any(|(&user, member)| user != who && member.admin);
        if other || !self.members[&who].admin { Ok(()) } else { Err("LAST_ADMIN") }
    }

    pub(super) fn unread(&self, who: usize) -> i64 {
        let read = usize::try_from(self.members[&who].read).unwrap();
        let unread = self.messages.iter().skip(read).filter(|message| message.content.is_some());
        i64::try_from(unread.count()).unwrap()
    }

    pub(super) fn join(&mut self, who: usize) -> Expected {
        self.seen_by(who)?;
        if !self.members.contains_key(&who) {
            let revision = self.next();
            let member = Member { admin: false, read: self.newest(), revision, joined: revision };
            self.members.insert(who, member);
            self.gone.remove(&who);
            self.invited.remove(&who);
        }
        Ok(200)
    }

    fn end(&mut self, who: usize) -> Expected {
        self.keeps_an_admin_without(who)?;
        let revision = self.next();
        self.members.remove(&who);
        self.gone.insert(who, revision);
        Ok(204)
    }

    pub(super) fn leave(&mut self, who: usize) -> Expected {
        self.read_by(who)?;
        self.end(who)
    }

    pub(super) fn remove(&mut self, who: usize, target: usize) -> Expected {
        self.read_by(who)?;
        self.members.get(&target).ok_or("MEMBER_NOT_FOUND")?;
        self.admin(who)?;
        self.end(target)
    }

    pub(super) fn change_role(&mut self, who: usize, target: usize, admin: bool) -> Expected {
        self.read_by(who)?;
        let now = self.members.get(&target).ok_or("MEMBER_NOT_FOUND")?.admin;
        self.admin(who)?;
        if now != admin {
            self.keeps_an_admin_without(target)?;
            let revision = self.next();
            let member = self.members.get_mut(&target).unwrap();
            (member.admin, member.revision) = (admin, revision);
        }
        Ok(200)
    }

    pub(super) fn invite(&mut self, who: usize, target: usize) -> Expected {
        self.read_by(who)?;
        self.admin(who)?;
        if self.members.contains_key(&target) {
            return Err("ALREADY_MEMBER");
        }
        Ok(if self.invited.insert(target) { 201 } else { 200 })
    }

    pub(super) fn withdraw(&mut self, who: usize, target: usize) -> Expected {
        self.seen_by(who)?;
        if who != target || !self.invited.contains(&who) {
            self.read_by(who)?;
            self.invited.get(&target).ok_or("INVITATION_NOT_FOUND")?;
            self.admin(who)?;
        }
        self.invited.remove(&target);
        Ok(204)
    }

    pub(super) fn update(&mut self, who: usize, name: &str, private: bool) -> Expected {
        self.read_by(who)?;
        self.admin(who)?;
        if self.name != name || self.private != private {
            self.changed = self.next();
            (self.name, self.private) = (name.to_owned(), private);
        }
        Ok(200)
    }

    pub(super) fn delete(&mut self, who: usize) -> Expected {
        self.read_by(who)?;
        self.admin(who)?;
        self.deleted = true;
        Ok(204)
    }

    /// Sends a message; a new one gets its id from the answer.
    pub(super) fn send(&mut self, who: usize, content: &str, key: Option<&str>) -> Expected {
        self.read_by(who)?;
        if let Some(earlier) = self.earlier(who, key) {
            return if earlier.first_sent == content { Ok(200) } else { Err("IDEMPOTENCY_CONFLICT") };
        }
        let revision = self.next();
        self.messages.push(Message {
            id: String::new(),
            sender: who,
            content: Some(content.to_owned()),
            first_sent: content.to_owned(),
            key: key.map(str::to_owned),
            revision,
            sent: revision,
        });
        self.members.get_mut(&who).unwrap().read = self.newest();
        Ok(201)
    }

    /// Returns the message that a user sent with that key.
    pub(super) fn earlier(&self, who: usize, key: Option<&str>) -> Option<&Message> {
        let key = key?;
        self.messages.iter().find(|message| message.sender == who && message.key.as_deref() == Some(key))
    }

    fn place(&self, id: &str) -> Result<usize, &'static str> {
        self.messages.iter().position(|message| message.id == id).ok_or("MESSAGE_NOT_FOUND")
    }

    pub(super) fn edit(&mut self, who: usize, id: &str, content: &str) -> Expected {
        self.read_by(who)?;
        let place = self.place(id)?;
        self.messages[place].content.as_ref().ok_or("MESSAGE_NOT_FOUND")?;
        if self.messages[place].sender != who {
            return Err("NOT_ALLOWED");
        }
        self.messages[place].revision = self.next();
        self.messages[place].content = Some(content.to_owned());
        Ok(200)
    }

    pub(super) fn delete_message(&mut self, who: usize, id: &str) -> Expected {
        self.read_by(who)?;
        let place = self.place(id)?;
        if self.messages[place].sender != who && !self.members[&who].admin {
            return Err("NOT_ALLOWED");
        }
        if self.messages[place].content.is_some() {
            self.messages[place].revision = self.next();
            self.messages[place].content = None;
        }
        Ok(204)
    }

    pub(super) fn mark_read(&mut self, who: usize, seq: i64) -> Expected {
        self.read_by(who)?;
        let newest = self.newest();
        let member = self.members.get_mut(&who).unwrap();
        member.read = member.read.max(seq.min(newest));
        Ok(204)
    }

    /// Returns the changes after `since`, as latest states.
    pub(super) fn changes(&self, since: i64) -> Vec<Change> {
        let mut changes: Vec<Change> = vec![];
        for message in &self.messages {
            let name = match message.content {
                None => "message-deleted",
                Some(_) if message.sent > since => "new-message",
                Some(_) => "message-edited",
            };
            changes.push((message.revision, name, Some(message.id.clone())));
        }
        for (user, member) in &self.members {
            let name = if member.joined > since { "member-added" } else { "role-changed" };
            changes.push((member.revision, name, Some(user.to_string())));
        }
        let gone = self.gone.iter();
        changes.extend(gone.map(|(user, revision)| (*revision, "member-removed", Some(user.to_string()))));
        changes.push((self.changed, "room-updated", None));
        changes.retain(|(revision, ..)| *revision > since);
        changes.sort_unstable();
        changes
    }
}
