// Requests to the REST API: JSON in, JSON out, errors as `ParlorError`.

import { noAnswer, ParlorError, refusal, tooLate } from "./errors.js";
import { withoutSecrets } from "./observe.js";

/**
 * @typedef {object} RequestOptions
 * @property {Record<string, unknown>} [query] Parameters; those that are undefined or null are left out.
 * @property {unknown} [body] Sent as JSON; a `FormData` goes as it is.
 * @property {Record<string, string | undefined>} [headers]
 * @property {AbortSignal} [signal]
 * @property {boolean} [anonymous] Sends no token.
 * @property {number} [timeout] The most milliseconds until the answer; 0 for any time.
 */

/** The time that an answer may take. */
const TIMEOUT = 30_000;

/** Sends requests. */
export class Http {
  #fetch;

  /**
   * @param {object} init
   * @param {string} init.url The server's address, without `/api`.
   * @param {typeof fetch} init.fetch
   * @param {(observation: import("./observe.js").Observation) => void} [init.observe]
   */
  constructor({ url, fetch, observe = () => {} }) {
    /** The server's address, without a slash at its end. */
    this.url = url.replace(/\/+$/, "");
    this.#fetch = fetch;
    this.observe = observe;
    /** @type {() => Promise<string | undefined>} */
    this.token = async () => undefined;
    /**
     * Learns that the server refused a token.
     * @type {(token: string) => void}
     */
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
    return this.#call(method, path, options, parse);
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

  /**
   * Fetches bytes.
   * @param {string} path
   * @param {AbortSignal} [signal]
   * @returns {Promise<Blob>}
   */
  blob(path, signal) {
    const read = (/** @type {Response} */ response) => (response.ok ? response.blob() : parse(response));
    return this.#call("GET", path, { signal, timeout: 0 }, read);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} options
   * @param {(response: Response) => Promise<any>} read Reads the body.
   * @returns {Promise<any>}
   */
  async #call(method, path, options, read) {
    const token = options.anonymous ? undefined : await this.token();
    try {
      return await this.#send(method, path, options, read, token);
    } catch (error) {
      if (!token || !(error instanceof ParlorError && error.code === "UNAUTHENTICATED")) throw error;
      const current = await this.token();
      // The token was replaced while the request was on its way.
      if (current && current !== token) return this.#send(method, path, options, read, current);
      this.onRefusedToken(token);
      throw error;
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} options
   * @param {(response: Response) => Promise<any>} read
   * @param {string | undefined} token
   * @returns {Promise<any>}
   */
  async #send(method, path, { query, body, headers, signal, timeout = TIMEOUT }, read, token) {
    const url = this.url + path + queryString(query);
    const isForm = typeof FormData !== "undefined" && body instanceof FormData;
    const sent = isForm || body === undefined ? body : JSON.stringify(body);
    const fields = {
      ...headers,
      Authorization: token ? `Bearer ${token}` : headers?.["Authorization"],
      "Content-Type": body === undefined || isForm ? undefined : "application/json",
    };
    const late = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
    const signals = [signal, late].filter((one) => one !== undefined);
    const at = Date.now();
    const observe = (/** @type {{status: number, answer?: unknown}} */ outcome) =>
      this.observe({
        kind: "request",
        at,
        method,
        url,
        body: isForm ? "(multipart)" : withoutSecrets(body),
        duration: Date.now() - at,
        ...outcome,
      });
    /** @type {Response} */
    let response;
    let answer;
    try {
      const init = { method, headers: present(fields), body: /** @type {BodyInit | undefined} */ (sent) };
      response = await this.#fetch(url, { ...init, signal: AbortSignal.any(signals) });
      answer = await read(response);
    } catch (cause) {
      observe({ status: 0 });
      if (signal?.aborted) throw signal.reason;
      throw late?.aborted ? tooLate(cause) : noAnswer(cause);
    }
    observe({ status: response.status, answer: answer instanceof Blob ? "(bytes)" : withoutSecrets(answer) });
    if (response.ok) return answer;
    throw refusal(response.status, answer, response.headers.get("Retry-After"));
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
  const parameters = Object.entries(present(query ?? {}));
  return parameters.length === 0 ? "" : `?${new URLSearchParams(parameters)}`;
}

/**
 * Returns the entries that have a value, as text.
 * @param {Record<string, unknown>} entries
 * @returns {Record<string, string>}
 */
function present(entries) {
  const there = Object.entries(entries).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(there.map(([name, value]) => [name, String(value)]));
}

/**
 * Reads JSON.
 * @param {Response} response
 */
async function parse(response) {
  const text = await response.text();
  return text === "" ? undefined : parseJson(text);
}

/**
 * Parses JSON. Anything else is undefined: a proxy in between answers in its own words, and the status is what counts.
 * @param {string} text
 * @returns {any}
 */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
