// Requests to the REST API: JSON in, JSON out, errors as `ParlorError`.

import { noAnswer, refusal } from "./errors.js";

/**
 * @typedef {object} RequestOptions
 * @property {Record<string, unknown>} [query] Parameters; those that are undefined or null are left out.
 * @property {unknown} [body] Sent as JSON; a `FormData` goes as it is.
 * @property {Record<string, string | undefined>} [headers]
 * @property {AbortSignal} [signal]
 * @property {boolean} [anonymous] Sends no token.
 */

/**
 * @typedef {object} Observation A request or frame, as it is reported to `onRequest`.
 * @property {"request" | "sent" | "received" | "socket"} kind A REST call, a frame in either direction, or a socket's opening or closing.
 * @property {number} at When it began, in milliseconds since 1970.
 * @property {string} [method]
 * @property {string} [url]
 * @property {unknown} [body] What was sent.
 * @property {number} [status] The status of the answer, 0 where there was none.
 * @property {unknown} [answer] The body of the answer.
 * @property {number} [duration] Milliseconds until the answer.
 * @property {any} [frame] The frame, parsed.
 * @property {string} [state] `opened`, or `closed` with `code` and `reason`.
 * @property {number} [code]
 * @property {string} [reason]
 */

/** Sends requests. */
export class Http {
  /**
   * @param {object} init
   * @param {string} init.url The server's address, without `/api`.
   * @param {typeof fetch} init.fetch
   * @param {(observation: Observation) => void} [init.observe]
   */
  constructor({ url, fetch, observe = () => {} }) {
    this.url = url.replace(/\/+$/, "");
    this.fetch = fetch;
    this.observe = observe;
    /** @type {() => Promise<string | undefined>} */
    this.token = async () => undefined;
    /** @type {(token: string) => void} */
    this.onRefusedToken = () => {};
  }

  /**
   * Calls an operation and returns the parsed body: `{data, pagination?}`, or undefined for 204.
   * @param {string} method
   * @param {string} path Below the server's address, such as `/api/rooms`.
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}
   */
  request(method, path, options = {}) {
    return this.#send(method, path, options, parse);
  }

  /**
   * Fetches bytes.
   * @param {string} path
   * @param {AbortSignal} [signal]
   * @returns {Promise<Blob>}
   */
  blob(path, signal) {
    return this.#send("GET", path, { signal }, (response) => (response.ok ? response.blob() : parse(response)));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} options
   * @param {(response: Response) => Promise<any>} read Reads the body.
   * @returns {Promise<any>}
   */
  async #send(method, path, options, read) {
    const { body, signal } = options;
    const token = options.anonymous ? undefined : await this.token();
    const url = this.url + path + queryString(options.query);
    /** @type {Record<string, string>} */
    const headers = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value !== undefined) headers[name] = value;
    }
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const form = typeof FormData !== "undefined" && body instanceof FormData;
    if (body !== undefined && !form) headers["Content-Type"] = "application/json";
    const at = Date.now();
    /** @type {Observation} */
    const observation = { kind: "request", at, method, url, body: form ? "(multipart)" : body };
    /** @type {Response} */
    let response;
    let answer;
    try {
      const sent = form ? body : body === undefined ? undefined : JSON.stringify(body);
      response = await this.fetch(url, { method, headers, body: sent, signal });
      answer = await read(response);
    } catch (cause) {
      this.observe({ ...observation, status: 0, duration: Date.now() - at });
      if (signal?.aborted) throw signal.reason;
      throw noAnswer(cause);
    }
    const { status } = response;
    this.observe({ ...observation, status, answer, duration: Date.now() - at });
    if (response.ok) return answer;
    const error = refusal(status, answer, response.headers.get("Retry-After"));
    if (token && error.code === "UNAUTHENTICATED") this.onRefusedToken(token);
    throw error;
  }

  /**
   * Calls an operation and returns its `data`.
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}
   */
  async data(method, path, options) {
    return (await this.request(method, path, options))?.data;
  }
}

/**
 * Writes a path of which each value is encoded: path`/api/rooms/${id}`.
 * @param {TemplateStringsArray} strings
 * @param {...string} values
 */
export function path(strings, ...values) {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent));
}

/** @param {Record<string, unknown> | undefined} query */
function queryString(query) {
  const present = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (present.length === 0) return "";
  return `?${new URLSearchParams(present.map(([name, value]) => [name, String(value)]))}`;
}

/** @param {Response} response */
async function parse(response) {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A proxy in between answers in its own words; the status is what counts.
    return undefined;
  }
}
