//! The laws of stores, written against the domain's ports.
//!
//! # How to add a law
//!
//! Every "MUST" of a port is a law. Write it in the module of its concept, name it with a sentence that holds for every
//! store, create the data it needs with `fixtures`, and list it in [`store_laws!`](crate::store_laws). A law uses ports
//! only. Laws run in parallel on a few cores: none may sleep, or rely on a store's speed; and a store may have one
//! writer only, so no law holds one unit of work while it begins another.

pub mod accounts;
pub mod administration;
pub mod annotations;
pub mod append;
pub mod audit;
pub mod changes;
pub mod directs;
pub mod edits;
pub mod everything;
pub mod files;
pub mod former_release;
pub mod history;
pub mod housekeeping;
pub mod idempotency;
pub mod invitations;
pub mod members;
pub mod mentions;
pub mod messages;
pub mod newest;
pub mod people;
pub mod quotas;
pub mod read_marks;
pub mod replies;
pub mod room_activity;
pub mod room_lists;
pub mod room_searches;
pub mod rooms;
pub mod rosters;
pub mod search;
pub mod shared_fate;
pub mod sync;
pub mod tickets;
pub mod units_of_work;
pub mod uploads;

mod fixtures;

/// A store whose clones share what is stored.
pub trait AnyStore: domain::store::StorePorts + Clone + 'static {}

impl<S: domain::store::StorePorts + Clone + 'static> AnyStore for S {}

/// Makes one test of each law. `$fresh` is an `async fn` that returns a migrated, empty store, and a guard that lives as
/// long. The tests run on a runtime of several threads, because PostgreSQL's migrations block one.
#[macro_export]
macro_rules! store_laws {
    ($fresh:path) => {
        $crate::store_laws! { @each $fresh;
            accounts:
                an_account_comes_back_whole,
                a_session_names_its_user_until_it_lapses,
                an_ended_session_has_no_user_and_stays_ended,
                units_of_work_begin_in_sessions_that_stand,
                a_sessions_expiry_never_moves_back,
                ending_all_sessions_spares_the_excepted_one_and_those_of_other_users,
                no_session_begins_with_a_former_password,
                a_login_and_a_change_of_the_password_exclude_each_other,
                a_name_is_taken_in_any_case,
                an_address_is_taken_in_any_case,
                the_conflict_is_that_of_the_name_where_the_address_is_taken_too,
                of_many_concurrent_signups_with_one_name_one_succeeds;
            administration:
                accounts_are_found_by_the_start_of_their_names_or_by_their_address,
                no_session_begins_while_the_account_is_disabled,
                a_login_and_the_disabling_of_its_account_exclude_each_other,
                the_living_sessions_of_a_user_are_listed_latest_first,
                users_are_listed_by_the_bytes_of_their_files,
                a_server_admin_is_known_once_one_is_marked,
                a_link_is_taken_once_until_it_lapses_or_is_replaced,
                of_many_who_take_a_link_at_once_one_gets_it;
            tickets:
                a_ticket_is_taken_once_until_it_lapses,
                of_many_who_take_a_ticket_at_once_one_gets_it,
                the_lapsed_tickets_of_a_session_can_be_removed;
            annotations:
                a_reaction_shows_its_users_in_the_order_of_use,
                a_reaction_taken_back_leaves_the_others,
                an_annotation_that_changes_nothing_makes_no_revision,
                reactions_and_appends_at_once_share_one_gapless_revision,
                a_message_has_at_most_20_different_reactions,
                pins_are_listed_until_they_end,
                a_room_has_at_most_50_pins,
                an_annotation_is_refused_as_a_message_is,
                an_annotated_message_is_among_the_changes;
            append:
                concurrent_appends_make_one_gapless_order_with_rising_times,
                appends_and_edits_at_once_share_one_gapless_revision,
                same_key_twice_is_one_message,
                same_key_at_once_is_one_message,
                same_key_returns_the_message_as_it_is_now,
                same_key_with_another_body_is_a_conflict,
                a_key_names_one_message_per_sender_and_room,
                a_session_that_has_ended_appends_nothing,
                a_removed_members_append_is_refused,
                a_strangers_append_finds_no_private_room,
                an_append_needs_a_room_and_a_sender_that_exist,
                a_refused_append_does_not_affect_the_others,
                a_caller_that_is_dropped_does_not_affect_the_others;
            audit:
                an_audit_event_comes_back_whole,
                an_audit_event_shares_the_fate_of_its_unit,
                the_times_of_a_rooms_events_rise_strictly,
                audit_windows_concatenate_to_all_events,
                audit_events_are_found_by_room_user_kind_and_time,
                audit_events_outlive_their_room,
                sweeping_removes_old_audit_events_in_batches;
            changes:
                every_change_comes_as_it_is_now_in_the_order_of_revisions,
                items_after_the_origin_are_reported_as_new,
                pages_of_changes_concatenate_to_all_changes,
                pages_of_changes_lose_nothing_while_others_write,
                a_deleted_room_reports_its_deletion_only,
                a_room_without_a_trace_has_no_changes,
                a_reader_ahead_of_a_room_receives_no_changes,
                changed_rooms_are_those_at_another_revision,
                ended_sessions_are_distinguished_from_living_ones;
            directs:
                a_direct_room_is_found_by_its_participants,
                of_the_same_people_there_is_one_direct_room,
                of_concurrent_units_one_stores_the_direct_room,
                direct_rooms_count_for_their_creators_quota_of_rooms_only,
                ids_find_their_users;
            edits:
                metadata_come_back_as_they_were_sent,
                a_message_has_the_versions_of_its_content;
            files:
                a_file_comes_back_whole,
                members_may_read_a_file_while_a_message_shows_it,
                a_message_shows_only_what_its_sender_uploaded,
                file_pages_concatenate_to_all_files_in_every_order,
                a_file_is_removed_only_while_no_message_shows_it,
                a_deletion_and_a_send_exclude_each_other,
                files_are_listed_with_whether_a_message_shows_them;
            history:
                windows_concatenate_to_the_whole_history_in_both_directions,
                windows_lose_and_double_nothing_while_others_write,
                windows_that_are_read_at_the_same_time_are_of_their_rooms,
                windows_of_one_kind_or_sender_contain_those_only,
                a_window_at_a_moment_excludes_that_moment,
                a_window_shows_all_that_a_message_shows,
                a_random_history_equals_its_model;
            housekeeping:
                sweeping_removes_ended_and_lapsed_sessions,
                sweeping_removes_lapsed_answers,
                sweeping_removes_lapsed_tickets,
                sweeping_removes_the_rows_of_deleted_rooms,
                sweeping_removes_at_most_a_batch_at_a_time,
                sweeping_finds_work_until_a_large_room_is_gone;
            idempotency:
                an_answer_is_kept_for_its_time_and_then_replaced,
                of_many_that_keep_an_answer_at_once_one_does;
            invitations:
                an_invitation_comes_back_whole,
                an_invitation_has_the_rooms_present_name,
                an_invitation_can_be_removed_once,
                invitation_pages_concatenate_to_all_invitations_newest_first;
            members:
                a_membership_comes_back_whole,
                standing_distinguishes_members_invited_users_and_strangers,
                a_standing_shows_every_change_that_was_committed_before_it_was_asked_for,
                member_pages_concatenate_to_all_members,
                members_can_be_listed_by_role,
                no_reader_returns_an_ended_membership,
                a_deleted_room_lists_no_members,
                a_membership_ends_once,
                a_member_who_returns_reuses_the_ended_membership;
            mentions:
                a_message_mentions_members_of_its_room,
                unread_mentions_are_counted,
                mentions_can_be_replaced,
                mentions_are_of_rooms_of_which_the_user_is_a_member_now,
                windows_of_mentions_concatenate_to_all,
                the_time_of_a_message_is_known_to_members_of_its_room;
            messages:
                every_kind_of_message_comes_back_whole,
                an_edited_message_has_the_new_content,
                a_deleted_message_is_a_tombstone,
                a_message_is_found_in_its_own_room_only,
                a_message_is_changed_in_its_own_room_only,
                text_survives_as_it_was_written,
                times_survive_to_the_microsecond,
                former_contents_are_kept_for_audit;
            newest:
                the_newest_messages_are_read_again_after_a_change,
                held_messages_never_hide_an_answered_message;
            people:
                a_profile_has_the_name_and_the_age_of_the_account,
                people_are_found_by_the_start_of_their_names_in_any_case,
                the_circle_of_a_user_is_who_shares_a_room_with_them;
            quotas:
                a_creators_existing_rooms_are_counted_up_to_the_quota,
                the_present_memberships_of_the_busiest_user_are_counted,
                the_open_invitations_of_a_room_are_counted_up_to_the_quota,
                units_that_hold_a_user_follow_one_another;
            read_marks:
                a_read_mark_never_moves_back_or_beyond_the_newest,
                a_read_mark_can_be_set_forward_and_back_but_not_beyond_the_newest,
                a_stale_membership_does_not_move_a_read_mark,
                the_read_mark_of_a_user_who_is_no_member_does_not_move,
                a_sender_has_read_the_messages_before,
                reader_pages_concatenate_to_all_who_have_read_a_message;
            replies:
                a_reply_quotes_the_message_as_it_is_now,
                a_message_shows_the_living_replies_in_its_thread,
                a_tombstone_shows_nothing_beside_its_content,
                only_living_messages_of_the_room_are_replied_to,
                a_retry_is_recognised_by_all_that_was_sent,
                a_reply_and_the_deletion_of_its_message_exclude_each_other,
                windows_of_a_thread_and_outside_threads_have_those_messages_only;
            room_lists:
                room_pages_concatenate_to_all_rooms_in_every_order,
                private_rooms_are_listed_to_their_members_only,
                a_room_that_turns_private_is_listed_to_its_members_at_once,
                callers_who_list_at_the_same_time_see_their_own_rooms,
                rooms_can_be_listed_by_visibility_and_by_membership,
                totals_are_exact_after_concurrent_changes,
                deep_pages_concatenate_to_all_rooms;
            room_activity:
                rooms_come_in_the_order_of_their_newest_messages,
                rooms_whose_newest_messages_are_of_one_second_come_in_their_order;
            room_searches:
                search_covers_names_and_descriptions_in_any_case_and_form,
                search_takes_wildcards_literally,
                pages_of_a_search_concatenate_to_all_matches,
                private_rooms_take_no_place_of_public_ones_in_a_search;
            rooms:
                every_kind_of_room_comes_back_whole,
                saving_a_room_replaces_its_mutable_part,
                a_room_shows_the_callers_membership,
                no_reader_returns_a_deleted_room,
                the_first_free_slug_is_returned,
                a_slug_is_free_again_once_its_room_is_deleted_or_private;
            rosters:
                a_roster_names_the_present_members_of_a_private_room_only,
                a_slug_finds_the_living_public_room_that_has_it,
                rosters_are_the_newest_public_rooms_and_the_members_own,
                a_group_comes_back_with_all_its_members,
                the_longest_standing_member_joined_first_whatever_the_clocks,
                a_slug_can_be_claimed_until_a_living_room_has_it,
                of_two_concurrent_claims_of_a_slug_one_succeeds,
                names_find_their_users_in_any_case;
            search:
                a_message_is_found_by_its_present_words,
                messages_are_found_before_and_after_they_are_in_the_index,
                messages_are_found_in_stretches_of_every_size,
                rooms_of_which_the_user_is_a_member_now_are_searched,
                pages_of_a_search_concatenate_to_all,
                a_search_finds_what_is_in_any_of_many_rooms;
            sync:
                all_rooms_come_with_their_newest_messages_latest_activity_first,
                every_change_of_a_room_lists_it_once,
                rooms_that_are_over_are_left,
                a_deleted_room_is_left_after_its_rows_are_removed_too,
                pages_of_a_sync_concatenate_to_all_rooms,
                a_room_whose_activity_overtakes_a_walk_is_not_missed,
                a_change_that_was_open_at_the_cursor_is_listed,
                of_another_history_everything_changed,
                a_sync_has_all_open_invitations_newest_first,
                a_summary_is_of_one_moment_while_others_write;
            units_of_work:
                an_available_store_answers_a_ping,
                a_dropped_unit_leaves_nothing_and_releases_its_locks,
                a_unit_dropped_in_the_middle_of_a_call_releases_its_locks,
                a_unit_sees_what_it_has_written,
                two_admins_who_leave_at_once_leave_one_admin,
                rooms_of_one_name_made_at_once_get_different_slugs,
                concurrent_changes_of_one_room_follow_one_another,
                an_append_waits_for_the_lock_of_the_room;
            uploads:
                the_bytes_of_a_user_are_those_of_files_and_reservations,
                an_expired_reservation_takes_no_space,
                concurrent_reservations_see_each_other,
                a_removed_file_is_in_quarantine,
                changes_are_counted_and_sweeps_delayed;
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
