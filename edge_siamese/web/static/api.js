// Requests to the API of this server, with the CSRF token that browsers must send.

let csrf = null;

/** The session: whether a login is required. Reads the CSRF token as well. */
export async function session() {
  const reply = await (await fetch("/api/v1/session")).json();
  csrf = reply.csrf_token;
  return reply;
}

/** Send a request and return the JSON of the answer; a rejection has the key `error`. Throws when nobody answers. */
export async function request(path, { method = "GET", body, json, signal } = {}) {
  const headers = {};
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (json) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, signal, body: json ? JSON.stringify(json) : body });
  const reply = await response.json();
  if (response.status === 401) location.assign("/login");
  return { ...reply, status: response.status };
}

/** An element with a class and text. Texts of photos and answers only ever become text, never markup. */
export function element(kind, className = "", text = "") {
  return Object.assign(document.createElement(kind), { className, textContent: text });
}

/** A paragraph for each sentence of a rejection: the error first, then the advice. */
export function rejection(reply) {
  const box = element("div", "rejection");
  box.append(element("p", "", sentence(reply.error)));
  if (reply.advice?.length) {
    const list = element("ul", "advice");
    list.append(...reply.advice.map((line) => element("li", "", line)));
    box.append(list);
  }
  return box;
}

/** A text with a full stop, and a capital letter unless it begins with a file's name. */
export function sentence(text) {
  const trimmed = text.trim();
  const begun = /^[a-z]+[ ,;]/.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return begun + (/[.!?:]$/.test(begun) ? "" : ".");
}

/** `1 person`, `2 people`. */
export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
