// A TCP proxy that cuts connections after a number of bytes, wherever in a frame that is.

import { connect, createServer } from "node:net";
import { after } from "node:test";

/**
 * @typedef {object} Proxy
 * @property {string} url The address of the proxy.
 * @property {() => number} cuts The number of connections that were cut.
 * @property {() => void} calm Cuts no connection from now on.
 * @property {(isDown: boolean) => void} setDown Cuts everything and refuses connections, or ends that.
 */

/**
 * Starts a proxy, which ends with the test file.
 * @param {string} url The address of the server.
 * @param {() => number} [budget] Draws the number of bytes after which a connection is cut; by default none is.
 * @returns {Promise<Proxy>}
 */
export async function startProxy(url, budget = () => Infinity) {
  const target = Number(new URL(url).port);
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  let [cuts, isCalm, isDown] = [0, false, false];
  const server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    let left = isCalm ? Infinity : budget();
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of /** @type {const} */ ([[client, upstream], [upstream, client]])) {
      sockets.add(from);
      from.on("data", (/** @type {Buffer} */ data) => {
        const passed = isCalm ? data : data.subarray(0, Math.max(0, left));
        left -= data.length;
        to.write(passed);
        if (isCalm || left > 0) return;
        cuts += 1;
        // Some of what was passed on arrives, the rest is lost with the connection.
        cut();
      });
      from.on("error", cut);
      from.on("close", () => (sockets.delete(from), cut()));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const close = () => sockets.forEach((socket) => socket.destroy());
  after(() => (server.close(), close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    cuts: () => cuts,
    calm: () => void (isCalm = true),
    setDown: (down) => {
      isDown = down;
      if (down) close();
    },
  };
}
