//! Laws of limits.

use std::sync::Arc;

use domain::limit::{Decision, LimitClass, LimitKey, LimitSet, Limits};
use futures_util::future::join_all;
use time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cluster::{Shared, SinkCall, user};

fn account(name: &str) -> LimitKey {
    LimitKey::Account(name.into())
}

async fn acquire(limits: &Arc<dyn Limits>, class: LimitClass, key: LimitKey) -> Decision {
    limits.acquire(LimitSet::API, class, key).await.unwrap().unwrap()
}

/// For every kind of key.
pub async fn each_key_of_each_class_has_a_counter_of_its_own(
    Shared { limits, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    let keys = [
        account("a"),
        account("b"),
        account("::1"),
        LimitKey::Address("::1".parse().unwrap()),
        LimitKey::Address("127.0.0.1".parse().unwrap()),
        LimitKey::User(user(1).id),
        LimitKey::User(user(2).id),
    ];
    for key in keys {
        assert!(acquire(&limits, LimitClass::Api, key.clone()).await.allowed, "{key:?}");
        assert!(!acquire(&limits, LimitClass::Api, key.clone()).await.allowed, "{key:?}");
        assert!(acquire(&limits, LimitClass::Auth, key.clone()).await.allowed, "{key:?}");
    }
}

/// A request counted in one set costs nothing in another.
pub async fn each_set_has_counters_of_its_own(
    Shared { limits, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    for set in [LimitSet::API, LimitSet("other")] {
        for allowed in [true, false] {
            let decision = limits.acquire(set, LimitClass::Api, account("a")).await.unwrap().unwrap();
            assert_eq!(decision.allowed, allowed, "{set:?}");
        }
    }
}

/// Neither when acquired nor when peeked at.
pub async fn a_class_without_a_quota_is_not_limited(
    Shared { limits, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    assert_eq!(limits.acquire(LimitSet::API, LimitClass::Anonymous, account("a")).await.unwrap(), None);
    assert_eq!(limits.peek(LimitSet::API, LimitClass::Anonymous, account("a")).await.unwrap(), None);
}

/// Before the first request, and after.
pub async fn peeking_acquires_nothing(Shared { limits, .. }: Shared, _calls: UnboundedReceiver<SinkCall>) {
    for left in [10, 9] {
        for _ in 0..3 {
            let seen = limits.peek(LimitSet::API, LimitClass::Auth, account("a")).await.unwrap().unwrap();
            assert_eq!((seen.allowed, seen.limit, seen.remaining), (true, 10, left));
        }
        assert_eq!(acquire(&limits, LimitClass::Auth, account("a")).await.remaining, left - 1);
    }
}

/// However often it is repeated.
pub async fn a_refusal_names_the_time_to_retry_and_costs_nothing(
    Shared { limits, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    let allowed = acquire(&limits, LimitClass::Api, account("a")).await;
    assert_eq!((allowed.allowed, allowed.remaining, allowed.reset), (true, 0, Duration::DAY));
    for _ in 0..5 {
        let refused = acquire(&limits, LimitClass::Api, account("a")).await;
        assert!(!refused.allowed);
        assert_eq!(refused.remaining, 0);
        // The clock runs meanwhile.
        assert!(refused.retry_after <= Duration::DAY && refused.retry_after > Duration::hours(23));
        assert_eq!(refused.reset, refused.retry_after);
    }
}

/// At the earliest possible time.
pub async fn a_refunded_request_can_be_acquired_again(
    Shared { limits, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    let begun = tokio::time::Instant::now();
    let mut taken = 0;
    while taken < 1_200 {
        if acquire(&limits, LimitClass::Upload, account("a")).await.allowed {
            taken += 1;
        } else {
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{taken} in all this time");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    // A thousand at once, and one each millisecond.
    assert!(begun.elapsed() >= std::time::Duration::from_millis(199), "{:?}", begun.elapsed());
}

/// No more and no fewer.
pub async fn of_many_concurrent_requests_exactly_the_quota_is_granted(
    Shared { limits, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    let asked = (0..100).map(|_| {
        let limits = limits.clone();
        tokio::spawn(async move { acquire(&limits, LimitClass::Auth, account("a")).await.allowed })
    });
    let allowed = join_all(asked).await.into_iter().filter(|allowed| *allowed.as_ref().unwrap()).count();
    assert_eq!(allowed, 10);
}
