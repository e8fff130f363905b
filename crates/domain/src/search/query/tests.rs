//! Queries find what they say, and an index finds whatever they find.

use proptest::prelude::*;

use super::*;
use crate::search::entries;

fn query(text: &str) -> SearchQuery {
    SearchQuery::parse(text).unwrap()
}

#[track_caller]
fn finds(text: &str, found: &[&str], others: &[&str]) {
    let query = query(text);
    for text in found {
        assert!(query.matches(text), "{query:?} finds {text:?}");
        assert!(has_keys(text, &query), "{:?} are entries of {text:?}", query.keys());
    }
    for text in others {
        assert!(!query.matches(text), "{query:?} does not find {text:?}");
    }
}

fn has_keys(text: &str, query: &SearchQuery) -> bool {
    let entries = entries(text);
    query.keys().iter().all(|key| key.is_among(&entries))
}

#[test]
fn each_word_must_be_a_word_of_the_message() {
    finds("quick fox", &["The quick brown fox", "FOX, quick!"], &["quick", "quicker fox", "quickfox"]);
    finds("résumé", &["my RESUME", "re\u{301}sume\u{301}"], &["resumes"]);
    finds("straße", &["STRASSE"], &["strase"]);
    finds("ｗｉｄｅ", &["wide"], &[]);
    finds("ørsted", &["Ørsted"], &["orsted"]);
}

#[test]
fn words_are_whole() {
    finds("example.com", &["see example.com."], &["example com", "example"]);
    finds("don't", &["I don't"], &["don t", "dont"]);
    finds("snake_case", &["a snake_case name"], &["snake case"]);
    finds("3.14", &["pi is 3.14"], &["3 14", "3.141"]);
    finds("known", &["well-known"], &["unknown"]);
    finds("and/or", &["or and"], &["and"]);
}

#[test]
fn a_star_that_ends_a_word_makes_it_a_beginning() {
    finds("hel*", &["hello", "help me", "hel"], &["shell", "he"]);
    finds("hel＊", &["hello"], &["shell"]);
    finds("hel** there", &["hello there"], &["hello"]);
    finds("*llo", &["llo"], &["hello"]);
    finds("h*llo", &["h llo"], &["hello", "hallo llo"]);
    finds("a*", &["apple"], &["banana"]);
    finds("hel* world", &["hello world"], &["hello worlds"]);
    finds("hel *", &["hel"], &["hello"]);
}

#[test]
fn chinese_japanese_and_korean_text_is_matched_by_substring() {
    finds("本語", &["日本語"], &["日本 語", "語本"]);
    finds("日本語文章", &["この日本語文章は"], &["日本語文 語文章", "日本語 本語文 語文章"]);
    finds("日", &["明日"], &["明白"]);
    finds("국어", &["한국어를"], &["한국 어"]);
    finds("カタ", &["ｶﾀｶﾅ"], &["カ・タ"]);
    finds("日本*", &["東日本橋"], &["日"]);
    finds("日本go", &["go 東日本"], &["東日本", "going 日本"]);
    finds("か", &["あか"], &["が"]);
}

#[test]
fn emoji_are_words() {
    finds("👍", &["ok 👍", "👍👍", "a👍b"], &["👍🏽", "👎"]);
    finds("❤️", &["❤", "I ❤️ it"], &["🧡"]);
    finds("❤", &["❤️"], &[]);
    finds("👍*", &["👍🏽"], &["👎"]);
    finds("1️⃣", &["1\u{20e3}"], &["1"]);
}

#[test]
fn a_query_has_2_to_200_characters_and_a_word() {
    for bad in ["", " ", "a", " a ", "1", "!", "..", "* *", "＊＊", "--", "_ _", "a\u{0}b", "\u{301}\u{301}"]
    {
        assert!(SearchQuery::parse(bad).is_err(), "{bad:?}");
    }
    for good in ["ab", "日", "か", "한", "👍", "❤", "❤️", "a*", "a!", "ｶ"] {
        assert!(SearchQuery::parse(good).is_ok(), "{good:?}");
    }
    assert!(SearchQuery::parse(&"a".repeat(200)).is_ok());
    assert!(SearchQuery::parse(&"a".repeat(201)).is_err());
}

#[test]
fn keys_are_few_and_the_longest_words_come_first() {
    let keys = query("a bb* ccc dddd e f gg").keys();
    let texts: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
    assert_eq!(texts[..3], ["dddd", "ccc", "gg"]);
    assert_eq!(keys.len(), MOST_KEYS);
    assert_eq!(query("bb*").keys(), [Key { beginning: true, text: "bb".into() }]);
    assert_eq!(query("日本語文章").keys().len(), 2);
}

const TEXTS: &str = r"([a-cäß日本語か한글👍❤0-2 .*'_/-]|\u{fe0f}|\u{301}|\u{1f3fd}){0,30}";

proptest! {
    #[test]
    fn a_text_that_is_found_has_every_key(text in TEXTS, searched in r"[a-cä日本語か한👍❤1*' ]{1,6}") {
        if let Ok(query) = SearchQuery::parse(&searched) && query.matches(&text) {
            prop_assert!(has_keys(&text, &query), "{:?} of {:?}", query.keys(), entries(&text));
        }
    }

    #[test]
    fn a_text_is_found_by_itself_and_by_each_of_its_words(text in TEXTS) {
        let text = text.replace('*', " ");
        if let Ok(query) = SearchQuery::parse(&text) {
            prop_assert!(query.matches(&text));
        }
        let searchable = searchable(&text);
        for (_, token) in tokens(&searchable) {
            let (Token::Word(word) | Token::Emoji(word) | Token::Run(word)) = token;
            if let Ok(query) = SearchQuery::parse(word) {
                prop_assert!(query.matches(&text), "{word:?} in {text:?}");
                prop_assert!(has_keys(&text, &query));
            }
        }
    }

    #[test]
    fn words_that_are_long_are_found_in_full(word in "[aя]{60,120}", other in "[aя]{60,120}") {
        let query = query(&word);
        prop_assert!(query.matches(&word) && has_keys(&word, &query));
        prop_assert_eq!(query.matches(&other), word == other);
    }
}
