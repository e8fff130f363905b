//! The parts that both database stores share.
//!
//! - [`sql_types`]: the types of the columns, and the domain values that they hold, on either database;
//! - [`rows`]: the rows that queries return, the `SELECT` of each, and its domain value;
//! - [`lists`]: the clauses of lists;
//! - [`member_lists`]: the statements of lists of members;
//! - [`message_search`]: the index of the words of messages, and the clauses of searches in it;
//! - [`room_lists`]: the statements of lists of rooms and searches;
//! - [`statement`]: SQL text with parameters;
//! - [`statements`]: the statements that are the same on both databases;
//! - [`tables`]: every table and column;
//! - [`migrations`]: the embedded migrations, applied and reverted;
//! - [`audit_log`]: audit events in the program's log;
//! - [`copy`]: a whole store copied into another;
//! - [`group_commit`]: a queue whose waiting items share a commit;
//! - [`shared_reads`]: reads that concurrent callers share.

pub mod audit_log;
pub mod copy;
pub mod group_commit;
pub mod lists;
pub mod member_lists;
pub mod message_search;
pub mod migrations;
pub mod room_lists;
pub mod rows;
pub mod shared_reads;
pub mod sql_types;
pub mod statement;
pub mod statements;
pub mod tables;
pub mod user_locks;
