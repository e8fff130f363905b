// The sending of a form with progress: by XMLHttpRequest where there is one, else by fetch, which reports none.

import { noAnswer, refusal } from "../errors.js";
import { parseJson } from "../http.js";

/**
 * @typedef {object} UploadOptions
 * @property {number} total The size of the file.
 * @property {(progress: {sent: number, total: number}) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * Posts a form, and returns the `data` of the answer.
 * @param {import("../http.js").Http} http
 * @param {string} path
 * @param {FormData} form
 * @param {UploadOptions} options
 * @returns {Promise<any>}
 */
export async function uploadForm(http, path, form, { total, onProgress, signal }) {
  signal?.throwIfAborted();
  if (onProgress && typeof XMLHttpRequest !== "undefined") {
    return byXmlHttpRequest(http, path, form, { total, onProgress, signal });
  }
  onProgress?.({ sent: 0, total });
  const data = await http.data("POST", path, { body: form, signal, timeout: 0 });
  onProgress?.({ sent: total, total });
  return data;
}

/**
 * @param {import("../http.js").Http} http
 * @param {string} path
 * @param {FormData} form
 * @param {UploadOptions} options
 * @returns {Promise<any>}
 */
async function byXmlHttpRequest(http, path, form, { total, onProgress, signal }) {
  const token = await http.token();
  const url = http.url + path;
  const at = Date.now();
  const xhr = new XMLHttpRequest();
  xhr.open("POST", url);
  if (token) xhr.setRequestHeader("Authorization", `Bearer ${token}`);
  // The form around the file counts as well, so that `loaded` may exceed the file's size.
  xhr.upload.onprogress = (event) => onProgress?.({ sent: Math.min(event.loaded, total), total });
  const abort = () => xhr.abort();
  signal?.addEventListener("abort", abort);
  try {
    await new Promise((resolve) => {
      xhr.onloadend = resolve;
      xhr.send(form);
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const answer = parseJson(xhr.responseText);
  const observation = { kind: /** @type {const} */ ("request"), at, method: "POST", url, body: "(multipart)" };
  http.observe({ ...observation, status: xhr.status, answer, duration: Date.now() - at });
  if (xhr.status === 0) throw signal?.aborted ? signal.reason : noAnswer(undefined);
  if (xhr.status < 300) return answer.data;
  const error = refusal(xhr.status, answer, xhr.getResponseHeader("Retry-After"));
  if (token && error.code === "UNAUTHENTICATED") http.onRefusedToken(token);
  throw error;
}
