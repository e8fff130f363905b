//! Server admins by configuration that have no account yet.

use domain::StoreError;
use domain::account::{AccountReader, Username};

/// Returns the names among `admins` that no account has, in their order.
pub(crate) async fn without_account(
    accounts: &dyn AccountReader,
    admins: &[Username],
) -> Result<Vec<Username>, StoreError> {
    if admins.is_empty() {
        return Ok(vec![]);
    }
    let known = accounts.named(admins.to_vec()).await?;
    let known: Vec<String> = known.iter().map(|user| user.username.key()).collect();
    Ok(admins.iter().filter(|name| !known.contains(&name.key())).cloned().collect())
}

/// Says what to do about names that no account has; `None` where there is none.
pub(crate) fn advice(missing: &[Username]) -> Option<String> {
    let first = missing.first()?;
    let names = missing.iter().map(Username::as_str).collect::<Vec<_>>().join(", ");
    Some(format!(
        "PARLOR_ADMINS names {names} without an account: nobody can sign up so; create each by `parlor user create {first}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_all_and_the_command() {
        assert_eq!(advice(&[]), None);
        let names = ["boss", "Chief"].map(|name| Username::parse(name).unwrap());
        let advice = advice(&names).unwrap();
        assert!(advice.contains("names boss, Chief without") && advice.contains("`parlor user create boss`"));
    }
}
