//! The values of what varies in a path, as the router found them.

use actix_web::{HttpMessage, HttpRequest};

/// The values, by the names that the path gives them. Data of a request.
pub(crate) struct PathValues(Vec<(&'static str, String)>);

impl PathValues {
    /// Keeps values for a request's handler.
    pub(crate) fn keep(self, request: &impl HttpMessage) {
        if !self.0.is_empty() {
            request.extensions_mut().insert(self);
        }
    }

    /// Returns the values of a request.
    pub(super) fn of(request: &HttpRequest) -> Vec<(&'static str, String)> {
        request.extensions().get::<Self>().map(|values| values.0.clone()).unwrap_or_default()
    }
}

impl FromIterator<(&'static str, String)> for PathValues {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}
