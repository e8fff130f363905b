//! The tables that rows are inserted into by Diesel's own words; reads are written in SQL beside their ports.

diesel::table! {
    messages (id) {
        id -> Binary,
        room_id -> Binary,
        seq -> BigInt,
        revision -> BigInt,
        sender_id -> Binary,
        kind -> Integer,
        content -> Nullable<Text>,
        file_id -> Nullable<Binary>,
        client_key -> Nullable<Text>,
        fingerprint -> Nullable<Binary>,
        created_at -> BigInt,
        edited_at -> Nullable<BigInt>,
        deleted_at -> Nullable<BigInt>,
        deleted_by -> Nullable<Binary>,
        sent_revision -> BigInt,
    }
}
