// The people of a room: members, who is present, who types.

/** @typedef {import("../types.js").Member} Member */
/** @typedef {import("../types.js").UserRef} UserRef */

/** The time after which somebody who said nothing more no longer types. */
const TYPING_LASTS = 6_000;

/** Members, presence and typing of one room. */
export class People {
  /** @type {Map<string, Member> | null} The members by id, once they are loaded. */
  members = null;
  /** @type {Map<string, UserRef>} */
  present = new Map();
  /** @type {Map<string, {user: UserRef, timer: ReturnType<typeof setTimeout>}>} */
  #typists = new Map();
  /** @type {Set<any[]>} The events since the loading of presence began, for each loading. */
  #meanwhile = new Set();
  #touch;

  /** @param {(what: "members" | "typing") => void} touch Called after a change. */
  constructor(touch) {
    this.#touch = touch;
  }

  /** The people who type. */
  get typists() {
    return [...this.#typists.values()].map(({ user }) => user);
  }

  /**
   * Takes the members over.
   * @param {Member[]} members
   */
  setMembers(members) {
    this.members = new Map(members.map((member) => [member.user.id, member]));
    this.#touch("members");
  }

  /**
   * Begins to load who is present. What events tell until then is later than the answer, or part of it.
   * @returns {(users: UserRef[]) => void} Takes the answer over.
   */
  beginPresence() {
    /** @type {any[]} */
    const meanwhile = [];
    this.#meanwhile.add(meanwhile);
    return (users) => {
      this.#meanwhile.delete(meanwhile);
      this.present = new Map(users.map(({ id, username }) => [id, { id, username }]));
      for (const event of meanwhile) this.apply(event);
      this.#touch("members");
    };
  }

  /**
   * Applies an event about people.
   * @param {any} event
   */
  apply(event) {
    for (const events of this.#meanwhile) if (event.action.startsWith("user-")) events.push(event);
    const user = { id: event.userId, username: event.username };
    switch (event.action) {
      case "member-added":
        return this.#change(user, (member) => ({ ...(member ?? added(user)), role: event.role }));
      case "role-changed":
        return this.#change(user, (member) => member && { ...member, role: event.role });
      case "member-removed":
        return this.#change(user, () => undefined);
      case "read":
        return this.#read(user, event.seq);
      case "user-joined":
        this.present.set(user.id, user);
        return this.#touch("members");
      case "user-left":
        this.present.delete(user.id);
        this.stopped(user.id);
        return this.#touch("members");
      case "typing":
        return this.#typed(user);
    }
  }

  /**
   * Learns that a user has sent a message, and so has read everything before it.
   * @param {UserRef} user
   * @param {number} seq
   */
  sent(user, seq) {
    this.stopped(user.id);
    if ((this.members?.get(user.id)?.lastReadSeq ?? seq) < seq) this.#read(user, seq);
  }

  /**
   * Learns that a user no longer types.
   * @param {string} id
   */
  stopped(id) {
    const typist = this.#typists.get(id);
    if (!typist) return;
    clearTimeout(typist.timer);
    this.#typists.delete(id);
    this.#touch("typing");
  }

  /** Forgets presence and typing, of which nothing comes any more. */
  forgetPresence() {
    this.present.clear();
    for (const id of [...this.#typists.keys()]) this.stopped(id);
    this.#touch("members");
  }

  /** The members in the order of names, each with `online` as it is now; or undefined while they are not loaded. */
  list() {
    if (!this.members) return undefined;
    return [...this.members.values()]
      .map((member) => {
        const online = this.present.has(member.user.id);
        return online === member.online ? member : { ...member, online };
      })
      .sort((one, other) => one.user.username.localeCompare(other.user.username));
  }

  /**
   * @param {UserRef} user
   * @param {number} seq
   */
  #read(user, seq) {
    this.#change(user, (member) => member && { ...member, lastReadSeq: seq });
  }

  /** @param {UserRef} user */
  #typed(user) {
    clearTimeout(this.#typists.get(user.id)?.timer);
    const timer = setTimeout(() => this.stopped(user.id), TYPING_LASTS);
    this.#typists.set(user.id, { user, timer });
    this.#touch("typing");
  }

  /**
   * @param {UserRef} user
   * @param {(member: Member | undefined) => Member | undefined} change
   */
  #change(user, change) {
    if (!this.members) return;
    const member = change(this.members.get(user.id));
    if (member) this.members.set(user.id, member);
    else this.members.delete(user.id);
    this.#touch("members");
  }
}

/**
 * Makes a member of somebody who has just come.
 * @param {UserRef} user
 * @returns {Member}
 */
function added(user) {
  return { user, role: "member", joinedAt: new Date().toISOString(), lastReadSeq: 0, online: false };
}
