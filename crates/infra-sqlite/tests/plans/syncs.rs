//! The plans of syncs.

use contract::store::everything::Filled;
use domain::sync::{Activity, Seen, Selection, SyncReader};

use crate::at;
use crate::planner::Planner;

pub(crate) async fn run(plans: &mut Planner, Filled { room, admin, .. }: Filled) {
    let store = plans.store.clone();
    let seen = |below| Seen { epoch: 0, below, except: vec![] };
    let after = Some((Activity { at: at(9), room }, seen(1)));
    for selection in [Selection::Latest { after: None }, Selection::Latest { after }] {
        plans.record(store.select(admin, selection, 100)).await;
    }
    let changed = Selection::Changed { since: seen(1), after: Some(room) };
    let (_, plan) = plans.record(store.select(admin, changed, 100)).await;
    assert!(plan.contains("departures_by_stamp (user_id=? AND stamp>?)"), "{plan}");
    plans.record(store.seats(admin)).await;
    let (found, _) = plans.record(store.rooms(admin, vec![room])).await;
    assert_eq!(found.0.len(), 1);
    plans.record(store.moved_seats(vec![admin], Some(seen(1)))).await;
}
