// The one error that every call of this package rejects with.

/**
 * @typedef {object} FieldError
 * @property {string} field The name of the field or parameter.
 * @property {string} message The reason, for a person.
 */

/** An answer of the server that is an error, or the absence of an answer. */
export class ParlorError extends Error {
  /**
   * @param {object} init
   * @param {number} init.status
   * @param {string} init.code
   * @param {string} init.message
   * @param {FieldError[]} [init.details]
   * @param {string} [init.requestId]
   * @param {number} [init.retryAfter]
   * @param {unknown} [init.cause]
   */
  constructor({ status, code, message, details = [], requestId, retryAfter, cause }) {
    super(message, { cause });
    this.name = "ParlorError";
    /** The HTTP status; 0 where there was no answer, or where the error came on the socket. */
    this.status = status;
    /**
     * The code for programs, such as `ROOM_NOT_FOUND`. Without an answer it is `NETWORK`, or `TIMEOUT` where the answer took too
     * long; `CLOSED` where the connection was closed before it came.
     */
    this.code = code;
    /** One entry for each bad field. */
    this.details = details;
    /** The id under which the server's log has the request. */
    this.requestId = requestId;
    /** The seconds that the server asks to wait before another attempt. */
    this.retryAfter = retryAfter;
  }

  /**
   * The reasons by field, for a form: `{name: "3 to 100 characters"}`.
   * @returns {Record<string, string>}
   */
  get fields() {
    return Object.fromEntries(this.details.map(({ field, message }) => [field, message]));
  }

  /**
   * Gives an invalid field its other name.
   * @param {string} from
   * @param {string} to
   */
  rename(from, to) {
    if (!this.details.some((detail) => detail.field === from)) return;
    this.details = this.details.map((detail) => (detail.field === from ? { ...detail, field: to } : detail));
    this.message = `Invalid fields: ${this.details.map((detail) => detail.field).join(", ")}`;
  }

  /** True where the same request may succeed later: no answer, a limit, or a server that is not ready. */
  get isTemporary() {
    return this.status >= 500 || TEMPORARY.has(this.code);
  }
}

const TEMPORARY = new Set(["NETWORK", "TIMEOUT", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL"]);

/**
 * Makes an error of a request that got no answer.
 * @param {unknown} cause
 */
export function noAnswer(cause) {
  return new ParlorError({ status: 0, code: "NETWORK", message: "The server cannot be reached", cause });
}

/**
 * Makes an error of an answer that takes too long.
 * @param {unknown} [cause]
 */
export function tooLate(cause) {
  return new ParlorError({ status: 0, code: "TIMEOUT", message: "The server does not answer", cause });
}

/**
 * Makes an error of a frame that the server does not take.
 * @param {number} bytes
 */
export function tooLarge(bytes) {
  const message = `A frame of ${bytes} bytes is more than the server takes at once; the text of a message may have 1000 characters`;
  return new ParlorError({ status: 0, code: "PAYLOAD_TOO_LARGE", message });
}

/**
 * Makes an error of an answer.
 * @param {number} status
 * @param {any} body The parsed body, or undefined where it is no JSON.
 * @param {string | null} [retryAfter] The header.
 */
export function refusal(status, body, retryAfter) {
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  return new ParlorError({
    status,
    code: body?.code ?? "UNKNOWN",
    message: body?.error ?? `The server answered ${status}`,
    details: body?.details,
    requestId: body?.requestId,
    retryAfter: Number.isNaN(seconds) ? undefined : seconds,
  });
}
