//! The laws of stores, written against the domain's ports.
//!
//! # How to add a law
//!
//! Every "MUST" of a port is a law. Write it in the module of its concept, name it with a sentence that holds for every
//! store, create the data it needs with `fixtures`, and list it in [`store_laws!`](crate::store_laws). A law uses ports
//! only. Laws run in parallel on a few cores: none may sleep, or rely on a store's speed; and a store may have one
//! writer only, so no law holds one unit of work while it begins another.

pub mod accounts;
pub mod append;
pub mod changes;
pub mod everything;
pub mod files;
pub mod history;
pub mod housekeeping;
pub mod invitations;
pub mod members;
pub mod messages;
pub mod newest;
pub mod room_lists;
pub mod rooms;
pub mod rosters;
pub mod units_of_work;

mod fixtures;

use domain::account::{AccountReader, SessionReader};
use domain::audit::AuditReader;
use domain::compat::ryos::RosterReader;
use domain::event::ChangeReader;
use domain::file::FileReader;
use domain::invitation::InvitationReader;
use domain::membership::MemberReader;
use domain::message::{MessageLog, MessageReader, ReadMarks};
use domain::room::RoomReader;
use domain::store::{Housekeeping, Store};

/// Every store port on one type, whose clones share what is stored.
pub trait AnyStore:
    Store
    + AccountReader
    + SessionReader
    + RoomReader
    + RosterReader
    + MemberReader
    + InvitationReader
    + MessageLog
    + MessageReader
    + ReadMarks
    + ChangeReader
    + Housekeeping
    + AuditReader
    + FileReader
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> AnyStore for S where
    S: Store
        + AccountReader
        + SessionReader
        + RoomReader
        + RosterReader
        + MemberReader
        + InvitationReader
        + MessageLog
        + MessageReader
        + ReadMarks
        + ChangeReader
        + Housekeeping
        + AuditReader
        + FileReader
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// One test per law. `$fresh` is an `async fn` that answers a migrated, empty store and whatever must live as long as
/// it. The tests run on a runtime of several threads, because PostgreSQL's migrations block one.
#[macro_export]
macro_rules! store_laws {
    ($fresh:path) => {
        $crate::store_laws! { @each $fresh;
            accounts:
                an_account_comes_back_whole,
                a_session_tells_whose_it_is_until_it_lapses,
                an_ended_session_is_nobodys_and_stays_ended,
                a_sessions_expiry_never_moves_back,
                ending_all_sessions_spares_the_excepted_one_and_those_of_others,
                no_session_begins_with_a_former_password,
                a_login_and_a_change_of_the_password_take_turns,
                a_name_is_taken_in_any_case,
                an_address_is_taken_in_any_case,
                where_both_are_taken_the_name_is_said,
                of_many_who_want_one_name_at_once_one_gets_it;
            append:
                concurrent_appends_make_one_gapless_order_with_rising_times,
                appends_and_edits_at_once_share_one_gapless_revision,
                same_key_twice_is_one_message,
                same_key_at_once_is_one_message,
                same_key_answers_the_message_as_it_is_now,
                same_key_with_another_body_is_a_conflict,
                a_key_names_one_message_per_sender_and_room,
                a_session_that_is_over_appends_nothing,
                a_removed_members_append_is_refused,
                a_strangers_append_finds_no_private_room,
                an_append_needs_a_room_and_a_sender_that_exist,
                a_refused_append_does_not_hurt_the_others,
                a_caller_that_goes_away_does_not_hurt_the_others;
            changes:
                every_change_comes_as_it_is_now_in_the_order_of_revisions,
                what_came_after_the_origin_is_told_of_as_new,
                pages_of_changes_concatenate_to_the_whole,
                pages_of_changes_lose_nothing_while_others_write,
                a_deleted_room_tells_of_its_deletion_only,
                no_changes_are_told_of_a_room_without_a_trace,
                who_is_ahead_of_a_room_is_told_of_nothing,
                moved_rooms_are_those_at_another_revision,
                ended_sessions_are_told_from_living_ones;
            files:
                a_file_comes_back_whole,
                members_may_have_a_file_while_a_message_shows_it,
                a_message_shows_only_what_its_sender_uploaded,
                file_pages_concatenate_to_the_whole_in_every_order,
                a_file_goes_only_while_no_message_shows_it,
                a_deletion_and_a_send_take_turns,
                files_are_told_by_whether_a_message_shows_them;
            history:
                windows_concatenate_to_the_whole_in_both_directions,
                windows_lose_and_double_nothing_while_others_write,
                windows_of_one_kind_or_sender_hold_those_only,
                a_window_at_a_moment_leaves_out_that_moment,
                a_random_history_reads_like_its_model;
            housekeeping:
                sweeping_removes_ended_and_lapsed_sessions,
                sweeping_removes_what_belonged_to_deleted_rooms,
                sweeping_takes_no_more_than_a_batch_at_a_time,
                sweeping_finds_work_until_a_large_room_is_gone;
            invitations:
                an_invitation_comes_back_whole,
                an_invitation_tells_the_rooms_present_name,
                an_invitation_can_be_removed_once,
                invitation_pages_concatenate_to_the_whole_newest_first;
            members:
                a_membership_comes_back_whole,
                standing_tells_members_invited_and_strangers_apart,
                member_pages_concatenate_to_the_whole,
                members_can_be_listed_by_role,
                an_ended_membership_is_seen_by_no_reader,
                a_membership_ends_once,
                who_returns_takes_the_old_row_anew,
                a_read_mark_never_moves_back_or_beyond_the_newest,
                a_stale_membership_does_not_move_a_read_mark_back,
                a_read_mark_of_who_is_no_member_stays_where_it_is,
                whoever_sends_has_read_what_came_before;
            messages:
                every_kind_of_message_comes_back_whole,
                an_edited_message_says_the_new_words,
                a_deleted_message_is_a_tombstone,
                a_message_is_found_in_its_own_room_only,
                a_message_is_changed_in_its_own_room_only,
                text_survives_as_it_was_written,
                times_survive_to_the_microsecond,
                former_words_are_kept_for_audit;
            newest:
                the_newest_messages_are_read_anew_once_one_of_them_changed,
                what_is_held_never_hides_an_answered_message;
            room_lists:
                room_pages_concatenate_to_the_whole_in_every_order,
                search_looks_at_names_and_descriptions_without_regard_to_case,
                search_takes_wildcards_literally,
                private_rooms_are_listed_to_their_members_only,
                rooms_can_be_listed_by_visibility_and_by_whether_one_is_in_them;
            rooms:
                every_kind_of_room_comes_back_whole,
                saving_a_room_replaces_all_that_may_change,
                a_room_shows_the_callers_own_place,
                a_deleted_room_is_seen_by_no_reader,
                the_first_free_slug_is_given,
                a_slug_is_free_again_once_its_room_is_deleted_or_private;
            rosters:
                a_roster_names_the_present_members_of_a_private_room_only,
                a_slug_finds_the_living_public_room_that_has_it,
                rosters_are_the_newest_public_rooms_and_the_members_own,
                a_group_comes_back_with_everybody_in_it,
                the_longest_standing_came_in_first_whatever_the_clocks_said,
                a_slug_can_be_claimed_until_a_living_room_has_it,
                of_two_who_claim_a_slug_at_once_one_gets_it,
                names_find_their_bearers_in_any_case;
            units_of_work:
                a_store_that_is_there_answers_a_ping,
                a_dropped_unit_leaves_nothing_and_frees_what_it_locked,
                a_caller_that_goes_away_in_the_middle_of_a_verb_frees_what_it_locked,
                a_unit_sees_what_it_has_written,
                two_admins_who_leave_at_once_leave_one,
                rooms_of_one_name_made_at_once_get_different_slugs,
                changes_of_one_room_at_once_follow_one_another,
                an_append_waits_for_who_holds_the_room;
        }
    };
    (@each $fresh:path; $($module:ident: $($law:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread")]
            async fn $law() {
                let (store, _keep) = $fresh().await;
                $crate::store::$module::$law(store).await;
            }
        )+)+
    };
}
