// Logs in with the token in the address behind "#", which browsers do not send, or with the one that is entered.

import { request, sentence } from "./api.js";

const form = document.getElementById("login");
const field = document.getElementById("token");
const said = document.getElementById("said");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  login(field.value);
});
addEventListener("hashchange", loginByAddress);
loginByAddress();

function loginByAddress() {
  const given = decoded(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  if (given) login(given);
  else field.focus();
}

async function login(token) {
  said.textContent = "";
  try {
    const reply = await request("/api/v1/session", { method: "POST", json: { token } });
    if (!reply.error) location.replace("/");
    else said.textContent = sentence(reply.error);
  } catch {
    said.textContent = "No answer: is the command still running?";
  }
  field.focus();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
