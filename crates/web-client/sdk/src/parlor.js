// The client: one object for a server, with everything else below it.

import { Auth } from "./api/auth.js";
import { Files } from "./api/files.js";
import { Invitations } from "./api/invitations.js";
import { Members } from "./api/members.js";
import { Messages } from "./api/messages.js";
import { Rooms } from "./api/rooms.js";
import { Users } from "./api/users.js";
import { Http } from "./http.js";
import { Connection } from "./live/connection.js";
import { Session } from "./session.js";

/**
 * @typedef {object} ParlorOptions
 * @property {string} [url] The server's address, such as `https://chat.example.com`; in a browser by default the page's origin.
 * @property {typeof fetch} [fetch] By default the global one.
 * @property {typeof WebSocket} [WebSocket] By default the global one, if any.
 * @property {import("./session.js").TokenStorage} [storage] Keeps the session between visits; by default it lives in memory.
 * @property {(observation: import("./observe.js").Observation) => void} [onRequest] Learns of each REST call and each frame as
 *   it happens; passwords and tokens are left out.
 */

/** A client of one server, for one person. */
export class Parlor {
  /** @param {ParlorOptions} [options] */
  constructor({ url, fetch, WebSocket, storage, onRequest } = {}) {
    const address = url ?? globalThis.location?.origin;
    if (!address) throw new TypeError("Parlor needs the server's address as `url`");
    if (!/^https?:\/\/[^/]/i.test(address)) {
      throw new TypeError(`"${address}" is not an http:// or https:// URL; write it as https://chat.example`);
    }
    this.http = new Http({
      url: address,
      fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      observe: onRequest,
    });
    this.session = new Session(this.http, storage);
    /** The account of the person who uses the client. */
    this.auth = new Auth(this.http, this.session);
    this.rooms = new Rooms(this.http);
    this.members = new Members(this.http);
    this.invitations = new Invitations(this.http);
    this.messages = new Messages(this.http);
    this.files = new Files(this.http);
    this.users = new Users(this.http);
    this.WebSocket = WebSocket ?? globalThis.WebSocket;
  }

  /**
   * Opens a connection that receives everything that happens in all rooms of the person who is signed in, and keeps it open.
   * @param {import("./live/connection.js").ConnectionOptions} [options]
   * @returns {Connection}
   */
  connect(options) {
    return new Connection(this, options);
  }
}
