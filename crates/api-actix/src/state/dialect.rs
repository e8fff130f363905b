//! The dialects that can be switched on.

use std::str::FromStr;

use domain::Invalid;

/// The API that is served below `/dialects/<name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Rooms with presence by username.
    Ryos,
    /// `{"action": …}` over a WebSocket, with a few calls beside it.
    Actions,
    /// Everything in `{"success", "message", "data"}`.
    Envelope,
}

impl FromStr for Dialect {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|dialect| dialect.name() == text);
        known.ok_or_else(|| Invalid::new("must be ryos, actions or envelope"))
    }
}

impl Dialect {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Ryos, Self::Actions, Self::Envelope];

    /// Returns the name in settings and paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ryos => "ryos",
            Self::Actions => "actions",
            Self::Envelope => "envelope",
        }
    }
}
