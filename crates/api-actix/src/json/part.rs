//! Lists that are read on from their last item.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use domain::admin::Listed;
use serde::Serialize;

use super::Paginated;
use super::answers::list;
use crate::http::{Answer, Operation, Shown};

/// `pagination` of lists that are read on from their last item.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartInfo {
    limit: u32,
    has_more: bool,
    /// The place of the last item: sent as `after`, it gives what follows.
    #[schema(required = true)]
    after: Option<String>,
}

impl Shown for PartInfo {
    fn example() -> Self {
        Self { limit: 50, has_more: false, after: None }
    }
}

/// 200 with a part of a list.
pub(crate) struct Part<T>(Paginated<T, PartInfo>);

impl<T> Part<T> {
    /// Makes each item of a list with `view`, and the place of the last one with `place`.
    pub(crate) fn of<'a, I>(
        listed: &'a Listed<I>,
        limit: u32,
        view: impl FnMut(&'a I) -> T,
        place: impl FnOnce(&'a I) -> String,
    ) -> Self {
        let pagination = PartInfo { limit, has_more: listed.has_more, after: listed.items.last().map(place) };
        Self(Paginated { data: listed.items.iter().map(view).collect(), pagination })
    }
}

impl<T: Serialize> Responder for Part<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(self.0)
    }
}

impl<T: Shown> Answer for Part<T> {
    fn describe(operation: &mut Operation) {
        list::<T, PartInfo>(operation, &format!("{}List", T::name()));
    }
}
