// Lists that come in pages. A list can be awaited, which gives one page, or iterated, which gives every item of all pages.

/**
 * A list of the API. `await` it for the page that was asked for; `for await` it for all items from there on.
 * @template Item, Info
 * @implements {PromiseLike<import("./types.js").Page<Item, Info>>}
 */
export class List {
  /** @type {(query: Record<string, unknown>) => Promise<import("./types.js").Page<Item, Info>>} */
  #fetch;
  /** @type {(query: Record<string, unknown>, info: Info) => Record<string, unknown> | undefined} */
  #next;
  #query;

  /**
   * @param {(query: Record<string, unknown>) => Promise<any>} fetch Fetches one page.
   * @param {Record<string, unknown>} query The query of the first page.
   * @param {(query: Record<string, unknown>, info: any) => Record<string, unknown> | undefined} next
   *   The query of the page after one, or undefined after the last.
   */
  constructor(fetch, query, next) {
    this.#fetch = fetch;
    this.#next = next;
    this.#query = query;
  }

  /**
   * Fetches the page that was asked for.
   * @template [Result = import("./types.js").Page<Item, Info>]
   * @template [Failure = never]
   * @param {((page: import("./types.js").Page<Item, Info>) => Result | PromiseLike<Result>) | null} [onPage]
   * @param {((error: any) => Failure | PromiseLike<Failure>) | null} [onError]
   * @returns {Promise<Result | Failure>}
   */
  then(onPage, onError) {
    return this.#fetch(this.#query).then(onPage, onError);
  }

  /**
   * Fetches the page that was asked for, and handles its failure.
   * @template [Failure = never]
   * @param {(error: any) => Failure | PromiseLike<Failure>} onError
   * @returns {Promise<import("./types.js").Page<Item, Info> | Failure>}
   */
  catch(onError) {
    return this.then(null, onError);
  }

  /**
   * Fetches page after page.
   * @returns {AsyncGenerator<import("./types.js").Page<Item, Info>, void, void>}
   */
  async *pages() {
    /** @type {Record<string, unknown> | undefined} */
    let query = this.#query;
    while (query !== undefined) {
      const page = await this.#fetch(query);
      yield page;
      query = this.#next(query, page.pagination);
    }
  }

  /** @returns {AsyncGenerator<Item, void, void>} */
  async *[Symbol.asyncIterator]() {
    for await (const page of this.pages()) yield* page.data;
  }
}

/**
 * Makes a list of numbered pages.
 * @param {import("./http.js").Http} http
 * @param {string} path
 * @param {Record<string, unknown>} [query]
 * @returns {List<any, import("./types.js").PageInfo>}
 */
export function numbered(http, path, query = {}) {
  return new List(fetcher(http, path), query, (asked, info) =>
    info.hasMore ? { ...asked, page: info.page + 1 } : undefined,
  );
}

/**
 * Makes a list of pages with cursors. It goes on towards newer items where `after` was asked for, else towards older ones.
 * @param {import("./http.js").Http} http
 * @param {string} path
 * @param {Record<string, unknown>} [query]
 * @returns {List<any, import("./types.js").CursorInfo>}
 */
export function byCursor(http, path, query = {}) {
  return new List(fetcher(http, path), query, (asked, info) => {
    if (!(info.hasMore ?? info.hasMoreBefore)) return undefined;
    const { around: _, ...others } = asked;
    return asked["after"] === undefined ? { ...others, before: info.before } : { ...others, after: info.after };
  });
}

/**
 * A query may hold a `signal` beside the parameters, which aborts the request.
 * @param {import("./http.js").Http} http
 * @param {string} path
 */
function fetcher(http, path) {
  return (/** @type {any} */ { signal, ...query }) => http.request("GET", path, { query, signal });
}
