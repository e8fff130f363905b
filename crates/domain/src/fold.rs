//! Folding: the form of text in which searches compare. The rules are those of the wire contract, section 14.

use icu_casemap::CaseMapperBorrowed;
use unicode_normalization::UnicodeNormalization;

/// Full folding by Unicode's table. It takes one character at a time, so a part of a word folds as it does inside the word;
/// lower case does not: a capital sigma that ends a word has one of its own.
const CASES: CaseMapperBorrowed<'static> = CaseMapperBorrowed::new();

/// Returns text without differences of case, accents, width and Unicode form. Folding twice changes nothing, and what is
/// not ASCII may become longer: `ß` folds to `ss`.
///
/// Letters are never replaced by others: `ø`, `ł`, `đ`, `ı` and `æ` stay, and so do the signs without which another word or
/// syllable stands there, those of kana, of Indic scripts and of Thai.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed: String = text.nfkc().collect();
    CASES.fold_string(&composed).nfd().filter(|&c| !is_dropped(c)).nfc().collect()
}

/// Returns true for a mark that folding drops: combining diacritics, Hebrew points and accents, Arabic vowel marks.
///
/// These are the nonspacing marks of Unicode's blocks of combining diacritics and half marks, and of the parts of the
/// Cyrillic, Hebrew and Arabic blocks that have nothing but such marks. Enclosing marks stay: they make another symbol, such as
/// a keycap. A hamza above or below and a madda stay too: they belong to the letter, like a dakuten.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{1ab0}'..='\u{1abd}' | '\u{1abf}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20dc}' | '\u{20e1}' | '\u{20e5}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}'
        // Hebrew
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{fb1e}'
        // Arabic
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{652}' | '\u{656}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{898}'..='\u{89f}'
        | '\u{8ca}'..='\u{8e1}' | '\u{8e3}'..='\u{8ff}' | '\u{10efd}'..='\u{10eff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::is_nfc;

    use super::*;

    #[track_caller]
    fn all_fold_to(folded: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(fold(text), folded, "{text:?}");
        }
    }

    #[test]
    fn case_folds_in_full_and_by_character() {
        all_fold_to("general chat", &["General Chat", "GENERAL CHAT", "ＧＥＮＥＲＡＬ　Ｃｈａｔ"]);
        all_fold_to("strasse", &["Straße", "STRASSE", "STRAẞE"]);
        all_fold_to("οδυσσευσ", &["ΟΔΥΣΣΕΥΣ", "Ὀδυσσεύς", "οδυσσευς"]);
        all_fold_to("οδυσ", &["ΟΔΥΣ", "οδυς"]);
        all_fold_to("istanbul", &["İstanbul", "ISTANBUL"]);
        all_fold_to("αι", &["ᾼ", "ᾳ", "ΑΙ"]);
    }

    #[test]
    fn forms_and_widths_are_one() {
        all_fold_to("file", &["ﬁle", "ｆｉｌｅ", "𝓕𝓲𝓵𝓮"]);
        all_fold_to("ガイド", &["ガイド", "ｶﾞｲﾄﾞ", "カ\u{3099}イト\u{3099}"]);
        all_fold_to("한글", &["한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"]);
        all_fold_to("x2", &["X²", "x₂", "Ｘ２"]);
    }

    #[test]
    fn combining_diacritics_are_dropped() {
        all_fold_to("resume", &["Résumé", "re\u{301}sume\u{301}", "RÉSUMÉ"]);
        all_fold_to("tieng viet", &["Tiếng Việt"]);
        all_fold_to("елка", &["Ёлка", "елка"]);
        all_fold_to("v", &["v\u{20d7}", "v\u{1dc4}", "v\u{fe20}", "v\u{1ab0}", "v\u{487}"]);
    }

    #[test]
    fn hebrew_points_and_arabic_vowel_marks_are_dropped() {
        all_fold_to("שלום", &["שָׁלוֹם", "שלום", "\u{fb2a}\u{5b8}לו\u{5b9}ם"]);
        all_fold_to("محمد", &["مُحَمَّد", "محمد"]);
        all_fold_to("هذا", &["هٰذَا"]);
        // The marks between words are no points.
        all_fold_to("בית־ספר׃", &["בֵּית־סֵפֶר׃"]);
    }

    #[test]
    fn signs_that_make_another_syllable_or_symbol_stay() {
        for text in ["が", "ぱ", "हिन्दी", "বাংলা", "தமிழ்", "ที่", "1\u{20e3}", "أحمد", "آن"]
        {
            assert_eq!(fold(text), text);
        }
    }

    #[test]
    fn letters_are_not_transliterated() {
        for letter in ["ø", "ł", "đ", "æ", "þ", "ə"] {
            all_fold_to(letter, &[letter, &letter.to_uppercase()]);
        }
        all_fold_to("ı", &["ı"]);
    }

    #[test]
    fn every_character_folds_to_what_folds_to_itself() {
        for c in '\0'..='\u{1ffff}' {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in r"(\PC|[\u{300}-\u{36f}\u{5b0}-\u{5c7}\u{64b}-\u{655}\u{3099}\u{ac01}])*") {
            let once = fold(&text);
            prop_assert!(is_nfc(&once));
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn canonically_equal_texts_fold_alike(text in ".*") {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(fold(&decomposed), fold(&text));
        }

        #[test]
        fn a_part_folds_as_it_does_inside_the_whole(before in ".*", part in r"\w+", after in ".*") {
            // The letter ends a character that marks or vowels at the edge would otherwise belong to.
            let whole = format!("{before}x{part}x{after}");
            prop_assert_eq!(fold(&whole), format!("{}x{}x{}", fold(&before), fold(&part), fold(&after)));
        }

        #[test]
        fn a_beginning_of_a_word_is_found_in_the_word(word in "[a-zA-ZÀ-ɏΑ-ωА-я]{2,12}", length in 1_usize..12) {
            let beginning: String = word.chars().take(length).collect();
            prop_assert!(fold(&word).starts_with(&fold(&beginning)));
        }
    }
}
