//! The journeys of users: `journeys.txt`, read for the routes of a server.

use anyhow::{Context, ensure};

use super::route::Route;
use super::script::{self, Step};

/// The journeys, in the order in which users take them.
const TEXT: &str = include_str!("journeys.txt");
/// The journey that takes the routes without a line, too.
const READER: &str = "reads";
/// The journeys that every user takes: by which they come, and by which they go.
const COMMON: [&str; 3] = ["sign up", "log in", "log out"];

/// A journey of a user.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Journey {
    name: String,
    /// The steps that a user takes once.
    pub(super) once: Vec<Step>,
    /// The steps that they repeat until they leave.
    pub(super) again: Vec<Step>,
}

impl Journey {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.once.iter().chain(&self.again)
    }
}

/// All journeys.
pub(super) struct Journeys {
    pub(super) sign_up: Journey,
    pub(super) log_in: Journey,
    pub(super) log_out: Journey,
    /// The journeys between log in and log out; each user takes one of them.
    pub(super) of_users: Vec<Journey>,
}

impl Journeys {
    /// Reads the journeys. Steps of routes that the server does not have are left out; GET routes without a step are read by a
    /// member, as far as that knows the parts of their paths.
    pub(super) fn read(routes: &[Route]) -> anyhow::Result<Self> {
        let mut journeys = parse(TEXT, routes)?;
        let take = |name: &str| {
            let at = journeys.iter().position(|journey| journey.name == name);
            Ok::<_, anyhow::Error>(journeys.remove(at.with_context(|| format!("there is no [{name}]"))?))
        };
        let [sign_up, log_in, log_out] = COMMON.map(take);
        let (sign_up, log_in, log_out) = (sign_up?, log_in?, log_out?);
        let mut journeys = Self { sign_up, log_in, log_out, of_users: journeys };
        let rest: Vec<String> =
            journeys.undriven(routes).into_iter().filter_map(Route::read_by_a_member).collect();
        let reader = journeys.of_users.iter_mut().find(|journey| journey.name == READER);
        let reader = reader.with_context(|| format!("there is no [{READER}]"))?;
        for path in rest {
            reader.again.extend(script::step(&format!("GET {path}"), routes)?);
        }
        Ok(journeys)
    }

    /// Returns the routes that no step of any journey takes.
    pub(super) fn undriven<'a>(&self, routes: &'a [Route]) -> Vec<&'a Route> {
        let common = [&self.sign_up, &self.log_in, &self.log_out].into_iter();
        let steps: Vec<&Step> = common.chain(&self.of_users).flat_map(Journey::steps).collect();
        let taken = |route: &Route| steps.iter().any(|step| step.row == route.to_string());
        routes.iter().filter(|route| !taken(route)).collect()
    }
}

fn parse(text: &str, routes: &[Route]) -> anyhow::Result<Vec<Journey>> {
    let mut journeys: Vec<Journey> = vec![];
    let mut again = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            journeys.push(Journey { name: name.to_owned(), ..Journey::default() });
            again = false;
            continue;
        }
        let journey = journeys.last_mut().context("a step before the first [journey]")?;
        if line == "again" {
            ensure!(!again, "[{}] has two parts that repeat", journey.name);
            again = true;
            continue;
        }
        let step = script::step(line, routes).with_context(|| format!("journeys.txt: {line}"))?;
        let part = if again { &mut journey.again } else { &mut journey.once };
        part.extend(step);
    }
    Ok(journeys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_has_steps_once_and_steps_that_repeat() {
        let routes = [Route::new("GET", "/a"), Route::new("GET", "/b")];
        let text = "# A comment.\n[first]\nGET /a\nagain\nGET /b\nGET /elsewhere\n\n[second]\nGET /a\n";
        let journeys = parse(text, &routes).unwrap();
        let lengths = journeys.iter().map(|journey| (journey.once.len(), journey.again.len()));
        assert_eq!(lengths.collect::<Vec<_>>(), [(1, 1), (1, 0)]);
        assert!(parse("GET /a", &routes).is_err());
    }

    #[test]
    fn the_journeys_are_understood_and_a_route_that_none_takes_is_named() {
        let routes = [
            Route::new("POST", "/api/auth/signup"),
            Route::new("PUT", "/api/elsewhere"),
            Route::new("GET", "/api/rooms/{id}/messages/{messageId}/elsewhere"),
        ];
        let journeys = Journeys::read(&routes).unwrap();
        assert_eq!(journeys.undriven(&routes), [&routes[1]]);
        let reader = journeys.of_users.iter().find(|journey| journey.name == READER).unwrap();
        let path = "/api/rooms/<hall>/messages/<message>/elsewhere".to_owned();
        let read = script::Action::Request { method: parlor_client::Method::GET, path, body: None };
        assert_eq!(reader.again.last().map(|step| &step.action), Some(&read));
    }
}
