// Times as people read them, in the language of the browser.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const medium = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const longDayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const DAY_MS = 86_400_000;

/** The hour and minute. @param {string} at */
export function timeOfDay(at) {
  return clock.format(new Date(at));
}

/** Everything about a time, for hints. @param {string} at */
export function fullTime(at) {
  return full.format(new Date(at));
}

/** A date with its time. @param {string} at */
export function dateAndTime(at) {
  return medium.format(new Date(at));
}

/** A whole date. @param {string} at */
export function longDate(at) {
  return dayOfYear.format(new Date(at));
}

/** The name of a day, between messages. @param {Date} date @param {Date} [now] */
export function dayName(date, now = new Date()) {
  const days = daysBetween(date, now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? longDay : longDayOfYear).format(date);
}

/** A time in a list: today the hour, this week the day, else the date. @param {string} at @param {Date} [now] */
export function listTime(at, now = new Date()) {
  const then = new Date(at);
  const days = daysBetween(then, now);
  if (days <= 0) return clock.format(then);
  if (days === 1) return 'Yesterday';
  if (days < 7) return weekday.format(then);
  return (then.getFullYear() === now.getFullYear() ? day : dayOfYear).format(then);
}

/** @param {Date} date @param {Date} now */
function daysBetween(date, now) {
  return Math.round((midnight(now) - midnight(date)) / DAY_MS);
}

/** @param {Date} of */
function midnight(of) {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
}
