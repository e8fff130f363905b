//! Groups as values, and the rule about a member's leaving.

use crate::account::Username;
use crate::membership::Role;
use crate::text::Invalid;

/// The usernames that a group is created with: 1 to 100, without duplicates regardless of case. The creator may be
/// among them; they become a member either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMembers(Vec<Username>);

impl GroupMembers {
    /// The most names in a group: they are read, stored and shown together.
    const MOST: usize = 100;

    /// Removes duplicates; `Err` where fewer than 1 or more than 100 names remain.
    pub fn new(mut names: Vec<Username>) -> Result<Self, Invalid> {
        names.sort_by_key(Username::key);
        names.dedup_by_key(|name| name.key());
        if (1..=Self::MOST).contains(&names.len()) {
            Ok(Self(names))
        } else {
            Err(Invalid::new(format!("must be 1 to {} usernames", Self::MOST)))
        }
    }

    /// Returns all names but `name`, compared regardless of case.
    #[must_use]
    pub fn without(self, name: &Username) -> Vec<Username> {
        self.0.into_iter().filter(|other| other.key() != name.key()).collect()
    }
}

/// The effect of a member's leaving on the rest of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveOutcome {
    /// The others stay as they are.
    OthersUnchanged,
    /// The longest-standing other member becomes an admin first, so that the room keeps one.
    AdminReplaced,
    /// At most one member would remain: the group is deleted.
    GroupDeleted,
}

impl LeaveOutcome {
    /// Decides what a leave leads to. `members` and `admins` count the room before it, read under the room's lock.
    #[must_use]
    pub fn of(role: Role, members: i64, admins: i64) -> Self {
        if members <= 2 {
            Self::GroupDeleted
        } else if role == Role::Admin && admins <= 1 {
            Self::AdminReplaced
        } else {
            Self::OthersUnchanged
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Username> {
        names.iter().map(|name| Username::parse(name).unwrap()).collect()
    }

    #[test]
    fn a_duplicate_name_counts_once_and_the_creator_can_be_removed() {
        let members = GroupMembers::new(names(&["bob", "Alice", "BOB"])).unwrap();
        assert_eq!(members.without(&names(&["ALICE"])[0]), names(&["bob"]));
    }

    #[test]
    fn a_group_is_created_with_1_to_100_names() {
        assert!(GroupMembers::new(vec![]).is_err());
        let many = |n: usize| (0..n).map(|i| Username::parse(&format!("user-{i}")).unwrap()).collect();
        assert!(GroupMembers::new(many(100)).is_ok());
        assert!(GroupMembers::new(many(101)).is_err());
    }

    #[test]
    fn a_group_of_two_is_deleted_a_last_admin_replaced_and_otherwise_nothing_changes() {
        for members in [0, 1, 2] {
            assert_eq!(LeaveOutcome::of(Role::Admin, members, 1), LeaveOutcome::GroupDeleted);
            assert_eq!(LeaveOutcome::of(Role::Member, members, 1), LeaveOutcome::GroupDeleted);
        }
        assert_eq!(LeaveOutcome::of(Role::Admin, 3, 1), LeaveOutcome::AdminReplaced);
        assert_eq!(LeaveOutcome::of(Role::Admin, 3, 2), LeaveOutcome::OthersUnchanged);
        assert_eq!(LeaveOutcome::of(Role::Member, 3, 1), LeaveOutcome::OthersUnchanged);
    }
}
