//! Other people, and direct rooms with them.

use serde_json::json;

use crate::client::data;
use crate::{Client, Error, List, Person, Room, UserId};

impl Client {
    /// Returns a person as others see them.
    ///
    /// # Errors
    /// Refused with `USER_NOT_FOUND`, also for one whom the server's directory does not show to the caller; with `NOT_FOUND`
    /// where it has none.
    pub async fn person(&self, id: UserId) -> Result<Person, Error> {
        data(self.get(&format!("/api/users/{id}"))).await
    }

    /// Lists the people whose username begins with the text, 2 to 32 characters in any case.
    pub fn people(&self, start: &str) -> List<Person> {
        List::new(self, "/api/users".to_owned()).with("search", start)
    }

    /// Returns the direct room of the caller and these people, 1 to 9, and makes it where they have none.
    ///
    /// # Errors
    /// Refused with `USER_NOT_FOUND`, `QUOTA_EXCEEDED` or `VALIDATION_FAILED`.
    pub async fn direct(&self, with: &[UserId]) -> Result<Room, Error> {
        data(self.post("/api/directs").json(&json!({"userIds": with}))).await
    }

    /// Returns the same room, of people named by their usernames.
    ///
    /// # Errors
    /// Refused with `USER_NOT_FOUND`, `QUOTA_EXCEEDED` or `VALIDATION_FAILED`.
    pub async fn direct_by_names(&self, with: &[&str]) -> Result<Room, Error> {
        data(self.post("/api/directs").json(&json!({"usernames": with}))).await
    }
}
