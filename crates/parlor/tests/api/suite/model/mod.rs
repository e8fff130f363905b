//! Random sequences of operations, against the server and against a model of the rules: they agree after every step, and
//! on everything that is left in the end.

mod rules;
mod verify;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{self, Answer, Parlor, Session};
use rules::{Expected, Room};

const SEEDS: std::ops::Range<u64> = 1..7;
const STEPS: usize = 300;
const ROOMS: usize = 6;
const USERS: usize = 5;

/// Splitmix64: the same numbers for the same seed, everywhere and for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn toss(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// The server, the model, and the users who act.
struct Fixture {
    parlor: Parlor,
    dice: Dice,
    users: Vec<Session>,
    rooms: Vec<Room>,
    step: usize,
    /// The place in the run, for failures.
    place: String,
}

impl Fixture {
    async fn new(seed: u64) -> Self {
        let parlor = Parlor::start();
        let users = vec![parlor.user("user0").await, parlor.user("user1").await];
        Self { parlor, dice: Dice(seed), users, rooms: vec![], step: 0, place: format!("seed {seed}") }
    }

    /// Checks status and code against the model and returns the data.
    #[track_caller]
    fn agree(&self, mut answer: Answer, expected: Expected) -> Value {
        let found = match answer.body["code"].as_str() {
            Some(code) => Err(code),
            None => Ok(answer.status),
        };
        assert_eq!(found, expected, "{}: {}", self.place, answer.body);
        answer.0.body["data"].take()
    }

    async fn call(&mut self, who: usize, method: Method, path: &str, body: Value) -> Answer {
        self.place = format!("{}; step {}: user{who} {method} {path} {body}", self.seed(), self.step);
        let request = self.users[who].request(method, path);
        support::send(if body.is_null() { request } else { request.json(&body) }).await
    }

    fn seed(&self) -> &str {
        self.place.split(';').next().unwrap()
    }

    async fn sign_up(&mut self) {
        let (n, body) = (
            self.users.len(),
            |name: &str| json!({"username": name, "email": "someone@example.com", "password": "correct horse"}),
        );
        let taken = self.call(0, Method::POST, "/api/auth/signup", body("USER1")).await;
        self.agree(taken, Err("USERNAME_TAKEN"));
        if n < USERS {
            self.users.push(self.parlor.user(&format!("user{n}")).await);
        }
    }

    async fn make_room(&mut self, who: usize) {
        if self.rooms.len() == ROOMS {
            return;
        }
        let (name, private) = (format!("Room {}", self.step), self.dice.toss());
        let body = json!({"name": name, "visibility": visibility(private)});
        let answer = self.call(who, Method::POST, "/api/rooms", body).await;
        let made = self.agree(answer, Ok(201));
        let path = format!("/api/rooms/{}", made["id"].as_str().unwrap());
        self.rooms.push(Room::new(path, name, private, who));
    }

    /// Runs one random operation of a random user.
    async fn act(&mut self) {
        let who = self.dice.below(self.users.len());
        if self.rooms.is_empty() {
            return self.make_room(who).await;
        }
        let place = self.dice.below(self.rooms.len());
        match self.dice.below(40) {
            0 => self.sign_up().await,
            1..=3 => self.make_room(who).await,
            4..=17 => self.membership(who, place).await,
            18..=25 => self.send(who, place).await,
            26..=30 => self.rewrite(who, place).await,
            31 => self.update(who, place).await,
            // Seldom, or nothing would be left to look at.
            32 if self.dice.below(4) == 0 => {
                let path = self.rooms[place].path.clone();
                let answer = self.call(who, Method::DELETE, &path, json!({})).await;
                let expected = self.rooms[place].delete(who);
                self.agree(answer, expected);
            }
            _ => self.verify(who, place).await,
        }
    }

    async fn membership(&mut self, who: usize, place: usize) {
        let target = self.dice.below(self.users.len());
        let (room, id) = (self.rooms[place].path.clone(), self.users[target].id.clone());
        let (method, path, body) = (Method::POST, format!("{room}/members/{id}"), json!({}));
        let admin = self.dice.toss();
        let kind = self.dice.below(16);
        // Operations for admins are mostly called by one.
        let chief = self.rooms[place].an_admin().filter(|_| kind > 5 && self.dice.below(3) > 0);
        let who = chief.unwrap_or(who);
        let (answer, expected) = match kind {
            0..=3 => {
                (self.call(who, method, &format!("{room}/join"), body).await, self.rooms[place].join(who))
            }
            4 | 5 => {
                (self.call(who, method, &format!("{room}/leave"), body).await, self.rooms[place].leave(who))
            }
            6..=8 => (
                self.call(who, method, &format!("{room}/invitations"), json!({"userId": id})).await,
                self.rooms[place].invite(who, target),
            ),
            9 | 10 => (
                self.call(who, Method::DELETE, &format!("{room}/invitations/{id}"), body).await,
                self.rooms[place].withdraw(who, target),
            ),
            11 | 12 => {
                (self.call(who, Method::DELETE, &path, body).await, self.rooms[place].remove(who, target))
            }
            _ => {
                let body = json!({"role": if admin { "admin" } else { "member" }});
                let answer = self.call(who, Method::PATCH, &path, body).await;
                (answer, self.rooms[place].change_role(who, target, admin))
            }
        };
        self.agree(answer, expected);
    }

    async fn send(&mut self, who: usize, place: usize) {
        // Few keys and few words, so that both come again.
        let key = self.dice.toss().then(|| format!("key-{}", self.dice.below(3)));
        let content = format!("words {}", self.dice.below(2));
        let path = format!("{}/messages", self.rooms[place].path);
        let body = json!({"content": content, "clientId": key});
        let answer = self.call(who, Method::POST, &path, body).await;
        let expected = self.rooms[place].send(who, &content, key.as_deref());
        let message = self.agree(answer, expected);
        if expected == Ok(201) {
            message["id"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.rooms[place].messages.last_mut().unwrap().id);
            assert_eq!(message["seq"], self.rooms[place].newest(), "{}", self.place);
            assert_eq!(message["revision"], self.rooms[place].revision, "{}", self.place);
        } else if expected == Ok(200) {
            let earlier = self.rooms[place].earlier(who, key.as_deref()).unwrap();
            assert_eq!(message["id"], earlier.id, "{}", self.place);
            assert_eq!(message["content"].as_str(), earlier.content.as_deref(), "{}", self.place);
        }
    }

    /// Edits or deletes a message, now and then through a room that it is not in.
    async fn rewrite(&mut self, who: usize, place: usize) {
        let from = if self.dice.below(8) == 0 { self.dice.below(self.rooms.len()) } else { place };
        let Some(count) = Some(self.rooms[from].messages.len()).filter(|count| *count > 0) else { return };
        let number = self.dice.below(count);
        let message = &self.rooms[from].messages[number];
        // Mostly by a user who may.
        let who = if self.dice.below(3) == 0 { who } else { message.sender };
        let id = message.id.clone();
        let path = format!("{}/messages/{id}", self.rooms[place].path);
        let (answer, expected) = if self.dice.below(3) > 0 {
            let content = format!("edited at {}", self.step);
            let answer = self.call(who, Method::PATCH, &path, json!({"content": content})).await;
            (answer, self.rooms[place].edit(who, &id, &content))
        } else {
            let answer = self.call(who, Method::DELETE, &path, json!({})).await;
            (answer, self.rooms[place].delete_message(who, &id))
        };
        self.agree(answer, expected);
    }

    async fn update(&mut self, who: usize, place: usize) {
        let rename = self.dice.toss();
        let name = if rename { format!("Renamed {}", self.step) } else { self.rooms[place].name.clone() };
        let (path, private) = (self.rooms[place].path.clone(), self.dice.toss());
        let body = json!({"name": name, "visibility": visibility(private)});
        let answer = self.call(who, Method::PATCH, &path, body).await;
        let expected = self.rooms[place].update(who, &name, private);
        self.agree(answer, expected);
    }
}

fn visibility(private: bool) -> &'static str {
    if private { "private" } else { "public" }
}

/// Plays one seed to its end.
async fn play(seed: u64) {
    let mut fixture = Fixture::new(seed).await;
    for step in 0..STEPS {
        fixture.step = step;
        fixture.act().await;
    }
    fixture.verify_everything().await;
}

#[tokio::test]
async fn random_operations_match_the_model() {
    join_all(SEEDS.map(play)).await;
}
