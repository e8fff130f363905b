//! The coding of cursors: two are made for each page, and one is read.

use std::hint::black_box;

use api_actix::{decode_cursor, encode_cursor};
use criterion::Criterion;
use domain::room::Seq;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("make a cursor", |bencher| {
        bencher.iter(|| encode_cursor(black_box(Seq(1_000_000))));
    });
    let cursor = encode_cursor(Seq(1_000_000));
    criterion.bench_function("read a cursor", |bencher| {
        bencher.iter(|| decode_cursor(black_box(&cursor), true));
    });
    let time = "2026-05-04T12:00:00.123456Z";
    criterion.bench_function("read a time as a cursor", |bencher| {
        bencher.iter(|| decode_cursor(black_box(time), true));
    });
    criterion.final_summary();
}
