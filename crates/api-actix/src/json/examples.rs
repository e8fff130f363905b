//! Examples of everything that the canonical API answers, made of the types that it answers with.

use domain::PageRequest;

use super::{
    Account, AuditEvent, CursorInfo, File, Invitation, Member, Membership, Message, MessageVersion, PageInfo,
    PresentUser, Profile, Reader, RevisionInfo, Room, SyncInfo, Ticket, Token, UserRef, samples,
};
use crate::http::examples;

examples! {
    Account: Self::from(&samples::user());
    Profile: Self::from(&samples::profile());
    Token: Self::new(samples::token(), Some(&samples::user()));
    Ticket: Self::from(samples::ticket());
    Membership: Self::from(&samples::mine());
    Room: Self::from(&samples::view());
    Member: Self::new(&samples::member(), &[samples::present()]);
    Reader: Self::from(&samples::reader());
    PresentUser: Self::from(&samples::present());
    Invitation: Self::from(&samples::invitation());
    AuditEvent: Self::from(&samples::audit_event());
    Message: Self::from(&samples::message());
    UserRef: Self::from(&samples::member().user);
    MessageVersion: Self::from(&samples::version());
    File: Self::from(&samples::file());
    PageInfo: Self::of(&domain::Page { items: vec![()], total: 1 }, PageRequest { page: 1, limit: 20 });
    CursorInfo: Self::of(50, &samples::window());
    RevisionInfo: Self::new(50, false, samples::change().revision);
    SyncInfo: Self::new(100, false, "q83rW1vKfCwz4yWJjtmX0O7DRmNsE9Qy".to_owned());
}
