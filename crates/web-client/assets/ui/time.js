// Times as people read them.

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const year = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const DAY_MS = 86_400_000;

/** A time in a list: today the hour, this week the day, else the date. @param {string} at @param {Date} [now] */
export function listTime(at, now = new Date()) {
  const then = new Date(at);
  const days = Math.round((midnight(now) - midnight(then)) / DAY_MS);
  if (days <= 0) return time.format(then);
  if (days === 1) return 'Yesterday';
  if (days < 7) return weekday.format(then);
  return then.getFullYear() === now.getFullYear() ? date.format(then) : year.format(then);
}

/** A whole date. @param {string} at */
export function longDate(at) {
  return year.format(new Date(at));
}

/** @param {Date} of */
function midnight(of) {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
}
